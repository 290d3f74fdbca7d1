import { expect, test } from 'vitest'
import { eventsOf, hybridRun, recordsOf } from './hybrid-runs.ts'

/** Ten equal validators: q is 7 of 10, so four must sign twice, each time with three of the other six. */
test('seized keys that are kept apart finalize two histories, and lose all they have', () => {
  const run = hybridRun(
    { validators: { N_Virginia: 4, Ireland: 3, Mumbai: 3 }, farmers: { N_Virginia: 2, Ireland: 1 } },
    `workload: { rate: 2/s, accounts: 4 }
timeline: [{ at: 4s, fault: seize-keys, target: cheapest, apart: true, for: 6s }]
checks: [accountability: { expect: conflict }, no-false-blame]
duration: 20s`,
  )
  expect(run.problems).toEqual([])
  expect({ verdict: run.verdict, reasons: run.reasons }).toEqual({ verdict: 'pass', reasons: [] })
  const [seizure] = recordsOf(run, 'fault-began').filter(({ verb }) => verb === 'seize-keys')
  expect(seizure?.nodes).toHaveLength(4)
  const slashed = eventsOf(run, 'f1', 'slashed').map(({ event }) => event.validator)
  const epoch = recordsOf(run, 'node-started')[0]?.epoch
  const guilty = (seizure?.nodes ?? []).map(
    (name) =>
      epoch?.validators[recordsOf(run, 'node-started').find(({ node }) => node === name)?.validator ?? -1],
  )
  expect(slashed.toSorted()).toEqual(guilty.map((one) => one?.publicKey).toSorted())
  expect(run.metrics.slashedStake).toBe(4 * 1024)
  // Either side is seven of ten: its certificates promise 7 + q - W, in units of 1024 with q = 6827.
  expect(run.metrics).toMatchObject({
    valueAtLossMin: 7 * 1024 + 6827 - 10_240,
    valueAtLossForked: 7 * 1024 + 6827 - 10_240,
    slashedOverValueAtLoss: 1.091,
    accusedOverValueAtLoss: 1.091,
    slashedShare: 1,
    withdrawnStake: 0,
  })
  expect(run.metrics.revertedFastBlocks).toBeGreaterThan(0)
  expect(run.metrics.attackProfit).toBe((run.metrics.revertedCoins ?? 0) - 4 * 1024)
  expect(run.metrics.spaceTimeCost).toBeGreaterThan(0)
  // 6 s of slots of 250 ms, most with a block.
  expect(run.metrics.evidenceDelayBlocks).toBeGreaterThanOrEqual(8)
  expect(run.metrics.evidenceDelayBlocks).toBeLessThanOrEqual(24)
})
