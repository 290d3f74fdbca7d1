import type { Bytes } from '@groundwork/primitives'
import type { Certificate, Header, JustifiedHeader, Vote } from '@groundwork/stake-core'
import {
  encodeCharge,
  encodeCheckpoint,
  encodeCheckpointBodies,
  encodeForced,
  encodeRecordedVote,
  encodeSpaceVote,
  type RecordedVote,
  type SpaceVote,
} from '../src/index.ts'

const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill)

const certificate: Certificate = {
  epochId: bytes(32, 1),
  view: 5,
  type: 'final',
  hash: bytes(32, 5),
  signatures: [0, 2, 9].map((voter) => ({ voter, signature: bytes(64, 10 + voter) })),
}
const header: Header = {
  epochId: bytes(32, 1),
  view: 6,
  height: 300,
  parentHash: bytes(32, 5),
  parentView: 5,
  justificationRoot: bytes(32, 6),
  anchor: { height: 77, hash: bytes(32, 12) },
  forcedRoot: bytes(32, 13),
  transactionsRoot: bytes(32, 7),
  stateRoot: bytes(32, 8),
  credit: 4096,
  validatorsHash: bytes(32, 9),
  nextValidatorsHash: bytes(32, 9),
  proposer: 2,
}
const block: JustifiedHeader = { header, justification: { parent: certificate, skips: [] } }
const vote: Vote = {
  epochId: bytes(32, 1),
  view: 6,
  type: 'notar',
  hash: bytes(32, 2),
  voter: 3,
  signature: bytes(64, 4),
}
const recorded: RecordedVote = {
  epochId: bytes(32, 1),
  validator: bytes(32, 20),
  source: { window: -1, hash: bytes(32, 0) },
  target: { window: 9, hash: bytes(32, 21), stateRoot: bytes(32, 22) },
  signature: bytes(64, 23),
}
const space: SpaceVote = {
  plotId: bytes(32, 30),
  farmer: bytes(32, 31),
  window: 9,
  targetHash: bytes(32, 21),
  attempt: 3,
  proof: bytes(128, 32),
  signature: bytes(64, 33),
}

/** One payload of every kind. */
export const fixedPayloads: Readonly<Record<string, Bytes>> = {
  checkpoint: encodeCheckpoint({ blocks: [block], path: [{ ...header, view: 7 }], final: certificate }),
  bodies: encodeCheckpointBodies({ tip: bytes(32, 40), bodies: [[bytes(3, 41), bytes(5, 42)], []] }),
  forced: encodeForced(bytes(7, 43)),
  recordedVote: encodeRecordedVote(recorded),
  spaceVote: encodeSpaceVote(space),
  stakeCharge: encodeCharge({
    kind: 'stake',
    evidence: {
      rule: 'S1',
      epochId: bytes(32, 1),
      view: 6,
      offender: 3,
      a: vote,
      b: { ...vote, hash: bytes(32, 3) },
    },
    headers: [header],
  }),
  stateCharge: encodeCharge({ kind: 'state', vote, block, body: [bytes(3, 41)] }),
  recordedCharge: encodeCharge({
    kind: 'recorded',
    a: recorded,
    b: { ...recorded, signature: bytes(64, 24) },
  }),
  spaceCharge: encodeCharge({ kind: 'space', a: space, b: { ...space, targetHash: bytes(32, 22) } }),
}
