import { transactionId } from '@groundwork/ledger'
import { toHex } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import {
  anchoredConsistency,
  anchoredLog,
  boundedRollback,
  conservation,
  type DeriveState,
  determinism,
  forcedInclusion,
  hybridProfiles,
  unbonding,
  uniqueReconfiguration,
} from '../src/index.ts'
import { forced, type Harness, harness } from './harness.ts'

const { ci } = hybridProfiles
const proceed = (h: Harness, blocks: number) => {
  for (let i = 0; i < blocks; i++) h.mine(h.state.height > ci.kappa ? h.checkpoint() : [])
}
/** Blocks with these voters' votes as soon as they count. */
const record = (h: Harness, validators: number, farmers: readonly number[], blocks: number) => {
  for (let i = 0; i < blocks; i++) {
    const open = h.state.mode.recorded?.open
    const isDue = open != null && h.state.height === open.window * ci.windowBlocks + ci.kappa
    const votes = () => [
      ...h.validators.slice(0, validators).map((one) => h.recordedVote(one)),
      ...farmers.map((f) => h.spaceVote(h.farmers[f]!)),
    ]
    h.mine(isDue ? votes() : [])
  }
}

test('I5: anchored logs of one chain are prefixes; logs that part are found', () => {
  const h = harness({ parameters: ci })
  proceed(h, 20)
  const early = { states: h.states.slice(0, 15), records: h.records.filter(({ height }) => height < 15) }
  const log = anchoredLog(h, ci.kappa)
  expect(log.length).toBeGreaterThan(10)
  expect(anchoredConsistency(anchoredLog(early, ci.kappa), log)).toEqual([])
  expect(anchoredConsistency([...log.slice(0, 3), 'other'], log)).toMatchObject([{ invariant: 'I5' }])
})

test('I6: executed by D, or found', () => {
  const h = harness({ parameters: ci })
  const transaction = h.transfer(0)
  const posting = { id: transactionId(transaction), height: 1 }
  h.mine([forced(transaction)])
  while (h.state.height < ci.maxAnchorAgeBlocks + ci.stallDeadlineBlocks + 1) h.mine()
  expect(forcedInclusion(ci, h, [posting])).toEqual([])
  const censored = { states: h.states, records: h.records.filter(({ kind }) => kind !== 'forced') }
  expect(forcedInclusion(ci, censored, [posting])).toMatchObject([{ invariant: 'I6' }])
  const late = h.records.map((one) => (one.kind === 'forced' ? { ...one, height: 30 } : one))
  expect(forcedInclusion(ci, { states: h.states, records: late }, [posting])).toMatchObject([
    { invariant: 'I6' },
  ])
})

test('I9: with farmers on one side each, one fork at most justifies; a farmer on both is found out', () => {
  const past = harness({ parameters: ci })
  proceed(past, 6)
  const [a, b] = [past.fork(), past.fork()]
  a.mine([forced(a.transfer(0))])
  record(a, 4, [0, 1, 2], 120)
  record(b, 4, [0], 120)
  expect(a.state.mode.exits + b.state.mode.exits).toBe(1)
  expect(uniqueReconfiguration(ci, a, b)).toEqual([])
  expect(uniqueReconfiguration(ci, past, a)).toEqual([])
  const c = past.fork()
  record(c, 4, [0, 1, 2], 120)
  expect(uniqueReconfiguration(ci, a, c)).toMatchObject([{ invariant: 'I9' }])
})

test('both forks may leave RECORDED on votes of their common past: not a violation, and one set', () => {
  const past = harness({ parameters: ci, weights: [3, 3, 2, 2] })
  proceed(past, 6)
  while (past.state.mode.recorded?.streak !== 1) record(past, 3, [0, 1, 2], 1)
  while (past.state.mode.recorded.present.size === 0) record(past, 3, [0, 1, 2], 1)
  const [a, b] = [past.fork(), past.fork()]
  a.mine([forced(a.transfer(0))])
  record(a, 0, [], 10)
  record(b, 0, [], 10)
  expect([a.state.mode.exits, b.state.mode.exits]).toEqual([1, 1])
  expect(uniqueReconfiguration(ci, a, b)).toEqual([])
  const set = ({ epoch }: DeriveState) => toHex(epoch.validators.hash)
  expect(set(a.state)).toBe(set(b.state))
  expect(toHex(a.state.epoch.id)).not.toBe(toHex(b.state.epoch.id))
})

test('I10 to I13 say nothing of a good run and find a bad one', () => {
  const h = harness({ parameters: { ...ci, epochHeights: 8 } })
  proceed(h, 5)
  h.mine(h.checkpoint({ bodies: [[h.stake('unbond', h.validators[3]!, 4n, 0)]] }))
  proceed(h, 100)
  expect(h.records.some(({ kind }) => kind === 'payout-due')).toBe(true)
  expect(determinism([h, h.fork()])).toEqual([])
  expect(unbonding(ci, h)).toEqual([])
  expect(conservation(h)).toEqual([])
  const { state } = h
  const wrong: DeriveState = {
    ...state,
    execution: {
      ...state.execution,
      ledger: h.states[0]!.execution.ledger.set(h.rich.publicKey, { balance: 7n, nonce: 0 }),
    },
  }
  expect(determinism([h, { states: [wrong], records: [] }])).toMatchObject([{ invariant: 'I10' }])
  expect(conservation({ states: [h.states[0]!, wrong], records: [] })).toMatchObject([{ invariant: 'I12' }])
  const early = h.records.map((one) => (one.kind === 'payout-due' ? { ...one, height: one.height - 5 } : one))
  expect(unbonding(ci, { states: h.states, records: early })).toMatchObject([{ invariant: 'I11' }])
  expect(boundedRollback([{ reverted: 5, unanchored: 2, onLostFork: 3 }])).toEqual([])
  expect(boundedRollback([{ reverted: 6, unanchored: 2, onLostFork: 3 }])).toMatchObject([
    { invariant: 'I13' },
  ])
})
