import { emptyLedger, encodeTransfer, transactionId } from '@groundwork/ledger'
import { type Hash, hash, keyPair, standInSignatures, toHex } from '@groundwork/primitives'
import {
  type Certificate,
  createAdmitter,
  createCore,
  createEpoch,
  type Epoch,
  type EpochStart,
  type JournalEntry,
  type Message,
  type Parameters,
  pureRules,
  type Vote,
  validatorSet,
} from '@groundwork/stake-core'
import { expect, test } from 'vitest'
import { createEpochs, type EpochNode, type Epochs } from '../src/epochs.ts'

const parameters: Parameters = {
  minViewTimeMs: 50,
  timeoutBaseMs: 500,
  timeoutMaxMs: 5_000,
  standstillMs: 400,
  fetchRetryMs: 200,
  fetchRetryMaxMs: 1_000,
  maxBodyBytes: 65_536,
  maxBodyTransactions: 100,
  maxSkips: 64,
}
const secret = hash('test/secret')
const { publicKey } = keyPair(secret)

function epochOf(number: number): Epoch {
  const validators = validatorSet([{ publicKey, weight: 1 }])
  const [chainId, genesisHash] = [hash('test/chain'), hash(`test/genesis ${number}`)]
  return createEpoch({ chainId, number, genesisHash, validators, seed: hash('test/seed') })
}

function startOf(epoch: Epoch, generation = 0): EpochStart {
  const head = { view: 0, height: 0, hash: epoch.genesisHash, certificate: null }
  return { epoch, head, position: { ledger: emptyLedger() }, rules: { ...pureRules(epoch), generation } }
}

function nodeOf({ epoch, head, position, rules }: EpochStart, journal: readonly JournalEntry[]): EpochNode {
  const sign = (message: Uint8Array) => standInSignatures.sign(secret, message)
  const core = createCore({ epoch, self: 0, parameters, sign, head, position, rules, journal })
  const { verify } = standInSignatures
  return { core, admitter: createAdmitter({ epoch, parameters, verify, state: core.state }) }
}

interface Bench {
  readonly epochs: Epochs
  readonly sent: { readonly to: string; readonly message: Message }[]
}

function bench(journal: readonly JournalEntry[] = [], ends = new Map<string, Certificate>()): Bench {
  const sent: Bench['sent'] = []
  const first = startOf(epochOf(0))
  const epochs = createEpochs({
    ...nodeOf(first, journal),
    nextEpoch: nodeOf,
    journal,
    store: { endOf: (id) => ends.get(toHex(id)) },
    send: (to, message) => sent.push({ to, message }),
  })
  return { epochs, sent }
}

const voteIn = (epochId: Hash, view: number): Vote => {
  return { epochId, view, type: 'skip', hash: new Uint8Array(32), voter: 0, signature: new Uint8Array(64) }
}
const message = (epochId: Hash, view = 1): Message => ({ kind: 'vote', vote: voteIn(epochId, view) })
const status = (epochId: Hash): Message => {
  return { kind: 'status', status: { epochId, view: 1, finalView: 0, finalHash: new Uint8Array(32) } }
}
const viewsOf = (inputs: ReturnType<Epochs['enter']>) =>
  inputs.flatMap((input) =>
    'message' in input && input.message.kind === 'vote' ? [input.message.vote.view] : [],
  )

test('what comes for the next epoch waits for it; what is of no epoch is taken', () => {
  const { epochs } = bench()
  const [now, next, other] = [epochOf(0), epochOf(1), epochOf(2)]
  expect(epochs.takes(message(now.id), 'a')).toBe(true)
  expect(epochs.takes({ kind: 'transactions', transactions: [] }, 'a')).toBe(true)
  expect(epochs.takes(message(next.id, 7), 'a')).toBe(false)
  expect(epochs.takes(message(other.id, 8), 'a')).toBe(false)
  epochs.note({ kind: 'peer-up', peer: 'a' })
  epochs.note({ kind: 'peer-up', peer: 'b' })
  epochs.note({ kind: 'peer-down', peer: 'b' })
  epochs.note({ kind: 'start', signing: true })
  const transfer = {
    from: publicKey,
    to: publicKey,
    amount: 1n,
    fee: 1n,
    nonce: 0,
    signature: new Uint8Array(64),
  }
  const bytes = encodeTransfer(transfer)
  const pooled = { id: transactionId(bytes), bytes, transaction: { kind: 'transfer', transfer } } as const
  epochs.core.step({ kind: 'transactions', transactions: [pooled] })
  const inputs = epochs.enter(startOf(next))
  expect(inputs.slice(0, 2)).toEqual([
    { event: { kind: 'peer-up', peer: 'a' } },
    { event: { kind: 'start', signing: true } },
  ])
  expect(viewsOf(inputs)).toEqual([7])
  // Nobody has to hand in again what waited for a block.
  expect(inputs[2]).toEqual({ event: { kind: 'transactions', transactions: [pooled] } })
  expect(epochs.takes(message(next.id), 'a')).toBe(true)
  expect(viewsOf(epochs.enter(startOf(other)))).toEqual([8])
})

test('no peer fills the room of the others, and all of it is bounded', () => {
  const { epochs } = bench()
  const next = epochOf(1)
  for (let view = 1; view <= 1_000; view++) epochs.takes(message(next.id, view), 'loud')
  epochs.takes(message(next.id, 5_000), 'quiet')
  const one = viewsOf(bench().epochs.enter(startOf(next)))
  expect(one).toEqual([])
  const kept = viewsOf(epochs.enter(startOf(next)))
  expect(kept).toHaveLength(65)
  expect(kept).toEqual([...Array.from({ length: 64 }, (_, i) => 937 + i), 5_000])
  for (let peer = 0; peer < 100; peer++)
    for (let view = 1; view <= 64; view++) epochs.takes(message(epochOf(2).id, view), `${peer}`)
  expect(viewsOf(epochs.enter(startOf(epochOf(2))))).toHaveLength(512)
})

test('R7: whoever asks from an ended epoch is answered with its end; its other messages are dropped', () => {
  const [first, next] = [epochOf(0), epochOf(1)]
  const certificate: Certificate = {
    epochId: first.id,
    view: 9,
    type: 'final',
    hash: hash('x'),
    signatures: [],
  }
  const { epochs, sent } = bench([], new Map([[toHex(first.id), certificate]]))
  epochs.enter(startOf(next))
  expect(epochs.takes(message(first.id, 3), 'late')).toBe(false)
  expect(sent).toEqual([])
  expect(epochs.takes(status(first.id), 'late')).toBe(false)
  expect(sent).toEqual([{ to: 'late', message: { kind: 'certificate', certificate } }])
  epochs.takes(status(epochOf(5).id), 'ahead')
  expect(sent).toHaveLength(1)
  // Not kept either.
  expect(viewsOf(epochs.enter(startOf(first, 1)))).toEqual([])
})

test('a compaction keeps what was signed in a later epoch that this start has not come to yet', () => {
  const later = epochOf(1)
  const journal: JournalEntry[] = [
    { kind: 'entered', generation: 0, number: 1, epochId: later.id },
    { kind: 'voted', vote: voteIn(later.id, 4) },
  ]
  const { epochs } = bench(journal)
  epochs.core.step({ kind: 'start', signing: true })
  expect(epochs.core.state.signing).toBe(false)
  expect(epochs.compacted()).toEqual(expect.arrayContaining(journal))
  epochs.enter(startOf(later))
  epochs.core.step({ kind: 'start', signing: true })
  expect(epochs.core.state.signing).toBe(true)
  // The view that was skipped before is not skipped anew.
  expect(epochs.core.state.views.get(4)?.own.skip).toEqual(voteIn(later.id, 4))
  expect(epochs.compacted()).toEqual(expect.arrayContaining(journal))
})

test('a chain of one epoch takes every message', () => {
  const first = startOf(epochOf(0))
  const epochs = createEpochs({
    ...nodeOf(first, []),
    nextEpoch: undefined,
    journal: [],
    store: { endOf: () => undefined },
    send: () => {},
  })
  expect(epochs.takes(message(epochOf(1).id), 'a')).toBe(true)
})

test('messages of epochs to come are bounded in bytes too, of a peer and in all', () => {
  const { epochs } = bench()
  const { id } = epochOf(1)
  const large = (view: number, bytes: number): Message => {
    const vote = voteIn(id, view)
    const parent: Certificate = { epochId: id, view, type: 'notar', hash: id, signatures: [] }
    const header = {
      ...{ epochId: id, view, height: 1, parentHash: id, parentView: 0, justificationRoot: id },
      ...{ anchor: { height: 0, hash: id }, forcedRoot: id, transactionsRoot: id, stateRoot: id, credit: 0 },
      ...{ validatorsHash: id, nextValidatorsHash: id, proposer: 0 },
    }
    const block = { header, justification: { parent, skips: [] }, body: [new Uint8Array(bytes)] }
    return { kind: 'proposal', proposal: { block, signature: vote.signature } }
  }
  const bytesOf = (inputs: ReturnType<Epochs['enter']>) =>
    inputs.flatMap((input) =>
      'message' in input && input.message.kind === 'proposal'
        ? [input.message.proposal.block.body[0]!.length]
        : [],
    )
  const part = 100_000
  // Thirty of them are three megabytes, and one is more than a peer has a right to.
  for (let view = 1; view <= 30; view++) epochs.takes(large(view, part), 'talker')
  epochs.takes(large(31, 1 << 20), 'talker')
  epochs.takes(large(32, 7), 'quiet')
  expect(bytesOf(epochs.enter(startOf(epochOf(1))))).toEqual([...Array(10).fill(part), 7])

  const { epochs: many } = bench()
  for (let peer = 0; peer < 20; peer++)
    for (let view = 1; view <= 10; view++) many.takes(large(view, part), `${peer}`)
  const kept = bytesOf(many.enter(startOf(epochOf(1))))
  expect(kept.length).toBeGreaterThan(70)
  expect(kept.length * part).toBeLessThanOrEqual(8 << 20)
})
