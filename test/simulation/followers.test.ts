import { expect, test } from 'vitest'
import { equal } from '../../packages/primitives/src/index.ts'
import { createSimulation, type Simulation } from '../../packages/simulator/src/index.ts'
import { planOf } from './plans.ts'

/** Validators follow the physical chain: their processes have one fate on both chains. */

const network = `network:
  regions: { Ireland: 2, Mumbai: 2 }
  physical: { farmers: { Ireland: 3, Mumbai: 2 }, profile: ci }
`

function started(timeline: string): Simulation {
  const simulation = createSimulation(planOf(`${network}${timeline}\nduration: 60s\n`, 1), () => {})
  simulation.advance(10_000)
  return simulation
}
function heightOf(simulation: Simulation, name: string): number {
  const core = simulation.farm?.followers.get(name)?.core
  return core === undefined ? -1 : core.tip().height
}
const farmers = (simulation: Simulation) => simulation.farm?.farmers ?? []
const farmersHeight = (simulation: Simulation) =>
  Math.max(...farmers(simulation).map(({ core }) => core?.tip().height ?? 0))

test('validators are at the farmers tip, each having checked every block', () => {
  const simulation = started('')
  simulation.advance(30_000)
  for (const name of ['v1', 'v2', 'v3', 'v4']) {
    expect(farmersHeight(simulation) - heightOf(simulation, name)).toBeLessThanOrEqual(1)
    const confirmed = simulation.farm?.followers.get(name)?.core?.confirmed()
    const same = farmers(simulation)[0]?.core?.hashAt(confirmed?.height ?? 0)
    expect(equal(confirmed?.hash ?? new Uint8Array(), same ?? new Uint8Array())).toBe(true)
  }
  expect(heightOf(simulation, 'v1')).toBeGreaterThan(60)
})

test.each(['pause', 'kill', 'wipe'])(
  '%s stops a validator on both chains, and it comes back on both',
  (fault) => {
    const simulation = started(`timeline: [{ at: 10s, fault: ${fault}, target: v1, for: 12s }]`)
    simulation.advance(20_000)
    const before = heightOf(simulation, 'v1')
    simulation.advance(24_000)
    expect(heightOf(simulation, 'v1')).toBe(before)
    expect(simulation.world?.node('v1').running).toBe(fault === 'pause')
    simulation.advance(40_000)
    expect(heightOf(simulation, 'v1')).toBeGreaterThan(farmersHeight(simulation) - 3)
    const heights = simulation.world?.nodes.map(({ disk }) => disk.chain.length) ?? []
    expect(Math.max(...heights) - (heights[0] ?? 0)).toBeLessThanOrEqual(2)
  },
)

test('a cut of regions cuts validators off from the farmers on the other side', () => {
  const simulation = started(
    'timeline: [{ at: 10s, fault: partition, groups: [region=Ireland, region=Mumbai], for: 20s }]',
  )
  simulation.advance(28_000)
  const tipOf = (name: string) =>
    (
      simulation.farm?.followers.get(name) ?? farmers(simulation).find((one) => one.name === name)
    )?.core?.confirmed(6)
  const hash = (name: string) => tipOf(name)?.hash ?? new Uint8Array()
  expect(equal(hash('v1'), hash('v3'))).toBe(false)
  simulation.advance(50_000)
  expect(Math.abs(heightOf(simulation, 'v1') - heightOf(simulation, 'v3'))).toBeLessThanOrEqual(1)
})
