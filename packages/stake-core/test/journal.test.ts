import { emptyLedger } from '@groundwork/ledger'
import { standInSignatures, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCore, type Effect, type JournalEntry, type Vote } from '../src/index.ts'
import { parameters, seedOf, testCluster, testEpoch } from './cluster.ts'

const { epoch, secrets } = testEpoch([1, 1, 1, 1, 1, 1, 1])

/** The journal and the effects of validator 0 over a run with a partition in the middle. */
function history() {
  const cluster = testCluster([1, 1, 1, 1, 1, 1, 1])
  cluster.run(400)
  cluster.cut = (from, to) => from < 3 !== to < 3
  cluster.run(3_000)
  cluster.cut = () => false
  cluster.run(2_000)
  return cluster.nodes[0]!
}

const recorded = history()

function restarted(journal: readonly JournalEntry[]) {
  return createCore({
    epoch,
    self: 0,
    parameters,
    sign: (message) => standInSignatures.sign(secrets[0]!, message),
    head: { view: 0, height: 0, hash: epoch.genesisHash, certificate: null },
    position: { ledger: emptyLedger().set(seedOf('x'), { balance: 1n, nonce: 0 }) },
    journal,
  })
}

const votesOf = (effects: readonly Effect[]): Vote[] =>
  effects.flatMap((effect) =>
    effect.kind === 'broadcast' && effect.message.kind === 'vote' ? [effect.message.vote] : [],
  )

test('every vote is journaled in an earlier effect of the same step', () => {
  const durable = new Set<string>()
  for (const effect of recorded.effects) {
    if (effect.kind === 'persist') {
      for (const entry of effect.entries) if (entry.kind === 'voted') durable.add(toHex(entry.vote.signature))
    }
    for (const vote of votesOf([effect])) expect(durable).toContain(toHex(vote.signature))
  }
  expect(durable.size).toBeGreaterThan(20)
})

test('a validator restarted from any prefix of its journal never contradicts what the prefix holds', () => {
  const { journal } = recorded
  fc.assert(
    fc.property(fc.integer({ min: 0, max: journal.length }), (length) => {
      const prefix = journal.slice(0, length)
      const core = restarted(prefix)
      const effects = [...core.step({ kind: 'start', signing: true })]
      for (let view = 1; view < core.state.view + 3; view++)
        effects.push(...core.step({ kind: 'timer', timer: { kind: 'view', view } }))
      const signed = [
        ...prefix.flatMap((entry) => (entry.kind === 'voted' ? [entry.vote] : [])),
        ...votesOf(effects),
      ]
      for (const a of signed) {
        for (const b of signed) {
          if (a.view !== b.view) continue
          if (a.type === b.type) expect(toHex(a.hash)).toBe(toHex(b.hash))
          expect([a.type, b.type].sort()).not.toEqual(['final', 'skip'])
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('the snapshot of a restarted validator holds all that its journal held above the floor', () => {
  const core = restarted(recorded.journal)
  core.step({ kind: 'start', signing: true })
  const floor = core.state.final.view
  const above = recorded.journal.flatMap((entry) =>
    entry.kind === 'voted' && entry.vote.view > floor ? [entry.vote] : [],
  )
  const kept = core
    .snapshot()
    .flatMap((entry) => (entry.kind === 'voted' ? [toHex(entry.vote.signature)] : []))
  for (const vote of above) expect(kept).toContain(toHex(vote.signature))
  expect(restarted(core.snapshot()).state.view).toBe(1)
})

test('a restart repeats own votes above the floor, byte for byte, and signs nothing anew at the start', () => {
  const core = restarted(recorded.journal)
  const known = recorded.journal.flatMap((entry) =>
    entry.kind === 'voted' ? [toHex(entry.vote.signature)] : [],
  )
  for (const vote of votesOf(core.step({ kind: 'start', signing: true })))
    expect(known).toContain(toHex(vote.signature))
})
