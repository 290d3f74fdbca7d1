import { expect, test } from 'vitest'
import { judged, libraryPlan, physicalStandIns, planOf } from './plans.ts'

/** How deep is deep enough: withheld chains in virtual time. The long runs of the physical chain, apart from the others. */

test('private-fork passes, and says what is modelled', () => {
  const run = judged(libraryPlan('private-fork', 1))
  expect(run.problems).toEqual([])
  expect({ verdict: run.verdict, reasons: run.reasons }).toEqual({ verdict: 'pass', reasons: [] })
  expect(run.metrics.physical?.simulated).toEqual([...physicalStandIns])
})

const attack = (share: number, kappa: number, seed: number) =>
  judged(
    planOf(
      `network:
  physical:
    farmers: { N_Virginia: 2 }
    profile: ci
    parameters: { winners: 600, kappa: ${kappa}, cap: 100%, epoch: 1024 }
    overrides:
      f1: { plots: ${20 - 20 * share} }
      f2: { plots: ${20 * share}, behaviour: private-fork }
checks: [physical-growth: { min: 10% }]
duration: 120s
`,
      seed,
    ),
  ).metrics.physical?.reorgDepthMax ?? 0

test('a private fork with nearly half of the space reverts six confirmations, one with a tenth does not', () => {
  const seeds = [1, 2, 3, 4, 5, 6]
  const deep = (share: number) => seeds.filter((seed) => attack(share, 6, seed) >= 6).length
  expect(deep(0.1)).toBe(0)
  expect(deep(0.45)).toBeGreaterThanOrEqual(4)
})
