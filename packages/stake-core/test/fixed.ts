import type { Block, Certificate, Message, Proposal, Vote } from '../src/index.ts'

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)
const zero = bytes(32, 0)

const vote: Vote = {
  epochId: bytes(32, 1),
  view: 7,
  type: 'notar',
  hash: bytes(32, 2),
  voter: 3,
  signature: bytes(64, 4),
}
const certificate: Certificate = {
  epochId: bytes(32, 1),
  view: 5,
  type: 'final',
  hash: bytes(32, 5),
  signatures: [0, 2, 9].map((voter) => ({ voter, signature: bytes(64, 10 + voter) })),
}
const skip: Certificate = { ...certificate, view: 6, type: 'skip', hash: zero }
const block: Block = {
  header: {
    epochId: bytes(32, 1),
    view: 7,
    height: 300,
    parentHash: bytes(32, 5),
    parentView: 5,
    justificationRoot: bytes(32, 6),
    anchor: { height: 0, hash: zero },
    forcedRoot: zero,
    transactionsRoot: bytes(32, 7),
    stateRoot: bytes(32, 8),
    credit: 0,
    validatorsHash: bytes(32, 9),
    nextValidatorsHash: bytes(32, 9),
    proposer: 2,
  },
  justification: { parent: certificate, skips: [skip] },
  body: [bytes(3, 20), bytes(0, 0), bytes(5, 21)],
}
const proposal: Proposal = { block, signature: bytes(64, 30) }

/** One message of every kind with nothing in it that a change of behaviour could move. */
export const fixedMessages: readonly Message[] = [
  { kind: 'vote', vote },
  { kind: 'certificate', certificate },
  { kind: 'proposal', proposal },
  { kind: 'status', status: { epochId: bytes(32, 1), view: 2 ** 40, finalView: 6, finalHash: bytes(32, 2) } },
  { kind: 'transactions', transactions: block.body },
  { kind: 'block-request', hash: bytes(32, 5), ancestors: 199 },
  { kind: 'block-response', proposals: [proposal, proposal] },
]
