import { expect, test } from 'vitest'
import { prng } from '../../packages/primitives/src/index.ts'
import { generateFaults } from '../../packages/scenario/src/index.ts'
import { judged, planOf } from './plans.ts'

const text = `
network: { regions: { N_Virginia: 3, Ireland: 2, Mumbai: 2 } }
workload: { rate: 5/s }
checks: [agreement, no-false-blame, accountability, caught-up: { blocks: 3 }, min-height: { height: 15 }]
duration: 30s
`
const healedByMs = 18_000

test('drawn timelines of a plan: no conflict, nobody blamed, everybody level and going on after the heal', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const plan = planOf(text, seed)
    const timeline = generateFaults(prng(seed), { nodes: plan.nodes, fromMs: 2000, healedByMs, tries: 10 })
    const run = judged({ ...plan, timeline })
    expect(run.problems).toEqual([])
    const { verdict, reasons } = run
    expect({ seed, verdict, reasons }).toEqual({ seed, verdict: 'pass', reasons: [] })
    const last = Math.max(
      ...run.records.filter(({ kind }) => kind === 'finalized').map(({ monoMs }) => monoMs),
    )
    expect(last).toBeGreaterThan(healedByMs + 10_000)
  }
})
