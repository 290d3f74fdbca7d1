import { readFileSync } from 'node:fs'
import { standInSignatures } from '../../packages/primitives/src/index.ts'
import { type Plan, parseScenario, planScenario } from '../../packages/scenario/src/index.ts'
import { createSimulation, type SimulationResult } from '../../packages/simulator/src/index.ts'
import { type Analysis, analyze, type TraceRecord } from '../../packages/trace/src/index.ts'
import { capabilitiesOf, parseRegionTable } from '../../packages/wan/src/index.ts'

const root = new URL('../../', import.meta.url)
const regions = parseRegionTable(readFileSync(new URL('netem/regions.csv', root), 'utf8'))

export function planOf(text: string, seed: number): Plan {
  const capabilities = capabilitiesOf('simulated')
  return planScenario(parseScenario(text, 'test.yaml'), { runtime: 'simulated', seed, capabilities, regions })
}

/** A scenario of the library, by name. */
export function libraryPlan(name: string, seed: number): Plan {
  return planOf(libraryText(name), seed)
}

export function libraryText(name: string): string {
  return readFileSync(new URL(`test/scenarios/${name}.yaml`, root), 'utf8')
}

/** Runs a plan to its end and judges it, as the simulated runtime does. */
export function judged(
  plan: Plan,
): Analysis & SimulationResult & { readonly records: readonly TraceRecord[] } {
  const records: TraceRecord[] = []
  const simulation = createSimulation(plan, (record) => void records.push(record))
  while (!simulation.done) simulation.advance(simulation.nowMs + 1000)
  return { ...analyze(plan, records, { verify: standInSignatures.verify }), ...simulation.result(), records }
}
