import { type Bytes, CodedError, decode, encode, unreachable } from '@groundwork/primitives'
import {
  decodeEvidence,
  type Evidence,
  encodeEvidence,
  type Header,
  type JustifiedHeader,
  readHeader,
  readJustifiedHeader,
  readList,
  readTransactions,
  readVote,
  type Vote,
  writeHeader,
  writeJustifiedHeader,
  writeTransactions,
  writeVote,
} from '@groundwork/stake-core'
import { readPayloadVersion, writePayloadVersion } from './version.ts'
import {
  type RecordedVote,
  readRecordedVote,
  readSpaceVote,
  type SpaceVote,
  writeRecordedVote,
  writeSpaceVote,
} from './votes.ts'

/** Proof of an offence, as it stands on the physical chain. */
export type Charge =
  /** S1, S2, S3 with headers of voted blocks, whose newest anchor tells how old the offence is. */
  | { readonly kind: 'stake'; readonly evidence: Evidence; readonly headers: readonly Header[] }
  /** S4: a vote for a block whose body does not execute to its state root. */
  | {
      readonly kind: 'state'
      readonly vote: Vote
      readonly block: JustifiedHeader
      readonly body: readonly Bytes[]
    }
  /** R1, R2. */
  | { readonly kind: 'recorded'; readonly a: RecordedVote; readonly b: RecordedVote }
  /** F2. */
  | { readonly kind: 'space'; readonly a: SpaceVote; readonly b: SpaceVote }

/** A tag is a position in this list, from 1. */
const kinds: readonly Charge['kind'][] = ['stake', 'state', 'recorded', 'space']
const evidenceBytesMax = 65_536
const headersMax = 2

export function encodeCharge(charge: Charge): Bytes {
  return encode((out) => {
    writePayloadVersion(out)
    out.u8(kinds.indexOf(charge.kind) + 1)
    switch (charge.kind) {
      case 'stake':
        out.bytes(encodeEvidence(charge.evidence))
        out.u32(charge.headers.length)
        for (const header of charge.headers) writeHeader(out, header)
        return
      case 'state':
        writeVote(out, charge.vote)
        writeJustifiedHeader(out, charge.block)
        writeTransactions(out, charge.body)
        return
      case 'recorded':
        writeRecordedVote(out, charge.a)
        writeRecordedVote(out, charge.b)
        return
      case 'space':
        writeSpaceVote(out, charge.a)
        writeSpaceVote(out, charge.b)
        return
      default:
        return unreachable(charge)
    }
  })
}

/** Throws `CODEC_*`. What it says is not proven by decoding it. */
export function decodeCharge(bytes: Bytes): Charge {
  return decode(bytes, (from) => {
    readPayloadVersion(from)
    const kind = kinds[from.u8() - 1]
    switch (kind) {
      case 'stake':
        return {
          kind,
          evidence: decodeEvidence(from.bytes(evidenceBytesMax)),
          headers: readList(from, headersMax, readHeader),
        }
      case 'state':
        return { kind, vote: readVote(from), block: readJustifiedHeader(from), body: readTransactions(from) }
      case 'recorded':
        return { kind, a: readRecordedVote(from), b: readRecordedVote(from) }
      case 'space':
        return { kind, a: readSpaceVote(from), b: readSpaceVote(from) }
      case undefined:
        throw new CodedError('CODEC_VALUE', 'unknown kind of evidence')
      default:
        return unreachable(kind)
    }
  })
}
