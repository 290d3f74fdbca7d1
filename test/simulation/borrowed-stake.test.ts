import { expect, test } from 'vitest'
import { eventsOf, hybridRun } from './hybrid-runs.ts'

const shape = {
  validators: { N_Virginia: 4, Ireland: 3, Mumbai: 3 },
  farmers: { N_Virginia: 2, Ireland: 1 },
} as const

/** Four of ten finalize a second history for three who are cut off that long, and ask for their stake back. */
function attack(hiddenMs: number, parameters: string) {
  const guilty = ['v1', 'v2', 'v3', 'v4']
  const unbonds = guilty.map((name) => `{ at: 4s, do: unbond, validator: ${name}, amount: all }`)
  const run = hybridRun(
    { ...shape, hybrid: `{ parameters: ${parameters} }` },
    `workload: { rate: 2/s, accounts: 4, stake: [${unbonds.join(', ')}] }
timeline: [{ at: 4s, fault: seize-keys, target: [${guilty.join(', ')}], apart: true, for: ${hiddenMs}ms }]
checks: [accountability: { expect: conflict }, no-false-blame]
duration: 40s`,
  )
  expect({ problems: run.problems, reasons: run.reasons }).toEqual({ problems: [], reasons: [] })
  const { slashedShare, slashedStake, withdrawnStake } = run.metrics
  return { slashedShare, slashedStake, withdrawnStake }
}

/** E_max 20 blocks, or about 8 s; U_p 24. */
const short = '{ epochHeights: 8, evidenceMaxAge: 20, unbonding: 24 }'
const stake = 4 * 1024

test('evidence that lands in time burns all of the guilty stake, though they asked for it back', () => {
  expect(attack(3000, short)).toEqual({ slashedShare: 1, slashedStake: stake, withdrawnStake: 0 })
})

test('evidence that is too old burns nothing, and the stake is paid out', () => {
  expect(attack(14_000, short)).toEqual({ slashedShare: 0, slashedStake: 0, withdrawnStake: stake })
})

test('stake that is bonded counts from the second epoch on, and cannot leave before it counts', () => {
  const run = hybridRun(
    { ...shape, hybrid: '{ parameters: { epochHeights: 8 } }' },
    `workload:
  rate: 2/s
  accounts: 4
  stake: [{ at: 2s, do: bond, validator: v1, amount: 6000 }, { at: 2s, do: unbond, validator: v1, amount: 6000 }]
duration: 20s`,
  )
  expect({ problems: run.problems, reasons: run.reasons }).toEqual({ problems: [], reasons: [] })
  expect(eventsOf(run, 'f1', 'forced-executed').map(({ event }) => event.code)).toEqual([null, 'STAKE'])
  expect(run.metrics).toMatchObject({ flashWeight: 0, bondActivationEpochs: 2, withdrawnStake: 0 })
})
