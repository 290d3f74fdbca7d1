import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { prng, standInSignatures } from '../../packages/primitives/src/index.ts'
import { generateFaults, type Plan, parseScenario, planScenario } from '../../packages/scenario/src/index.ts'
import { createSimulation, type SimulationResult } from '../../packages/simulator/src/index.ts'
import { type Analysis, analyze, mergeTraces, type TraceRecord } from '../../packages/trace/src/index.ts'
import { capabilitiesOf, parseRegionTable } from '../../packages/wan/src/index.ts'

/** The library of scenarios, and timelines that nobody wrote, in virtual time, judged like every other run. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const regions = parseRegionTable(readFileSync(`${root}netem/regions.csv`, 'utf8'))
const files = readdirSync(`${root}test/scenarios`).filter((file) => file.endsWith('.yaml'))
const capabilities = capabilitiesOf('simulated')

function simulate(plan: Plan): { readonly analysis: Analysis; readonly result: SimulationResult } {
  const records: TraceRecord[] = []
  const simulation = createSimulation(plan, (record) => records.push(record))
  while (!simulation.done) simulation.advance(simulation.nowMs + 1_000)
  const analysis = analyze(plan, mergeTraces([records]), { verify: standInSignatures.verify })
  return { analysis, result: simulation.result() }
}

function planOf(file: string, seed: number): Plan | null {
  const scenario = parseScenario(readFileSync(`${root}test/scenarios/${file}`, 'utf8'), file)
  if (!scenario.runtimes.includes('simulated')) return null
  return planScenario(scenario, { runtime: 'simulated', seed, capabilities, regions })
}

describe.each(files)('%s', (file) => {
  test('passes', () => {
    for (const seed of [1, 2]) {
      const plan = planOf(file, seed)
      if (plan === null) continue
      const { analysis, result } = simulate(plan)
      expect(result.problems).toEqual([])
      expect(analysis.reasons).toEqual([])
      expect(analysis.verdict).toBe('pass')
      expect(analysis.signatures).toBe('stand-in')
    }
  })
})

test('the same plan gives the same records, another seed gives others', () => {
  const plan = planOf('region-partition.yaml', 1) as Plan
  const hashes = [plan, plan, { ...plan, seed: 2 }].map((each) => simulate(each).result.auditHash)
  expect(hashes[1]).toBe(hashes[0])
  expect(hashes[2]).not.toBe(hashes[0])
})

test('generated timelines: never a fork, and everybody level at the end', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const base = planOf('baseline.yaml', seed) as Plan
    const timeline = generateFaults(prng(`timeline/${seed}`), {
      nodes: base.nodes,
      fromMs: 1_000,
      healedByMs: 20_000,
    })
    const plan: Plan = {
      ...base,
      timeline,
      durationMs: 30_000,
      checks: [{ check: 'agreement' }, { check: 'caught-up', blocks: 3 }],
    }
    const { analysis, result } = simulate(plan)
    expect(result.problems, `seed ${seed}`).toEqual([])
    expect(analysis.reasons, `seed ${seed}`).toEqual([])
    expect(analysis.metrics.heightMin, `seed ${seed}`).toBeGreaterThan(10)
  }
})
