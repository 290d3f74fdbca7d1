import {
  type Bytes,
  CodedError,
  decode,
  encode,
  type Reader,
  unreachable,
  type Writer,
} from '@groundwork/primitives'
import {
  readCertificate,
  readList,
  readProposal,
  readTransactions,
  readVote,
  writeCertificate,
  writeProposal,
  writeTransactions,
  writeVote,
} from './codec.ts'
import type { Message } from './types.ts'

/** Blocks in one answer to a block request. */
export const maxBlocksPerResponse = 200

const kinds: readonly Message['kind'][] = [
  'vote',
  'certificate',
  'proposal',
  'status',
  'transactions',
  'block-request',
  'block-response',
]

/** A frame: one byte of version, one of kind, then the message. */
export function encodeMessage(message: Message): Bytes {
  return encode((out) => {
    out.u8(1)
    out.u8(kinds.indexOf(message.kind) + 1)
    writePayload(out, message)
  })
}

/** Throws `CODEC_*` on anything that `encodeMessage` does not produce. */
export function decodeMessage(frame: Bytes): Message {
  return decode(frame, (from) => {
    if (from.u8() !== 1) throw new CodedError('CODEC_VERSION', 'unknown message version')
    return readPayload(from, kinds[from.u8() - 1])
  })
}

function writePayload(out: Writer, message: Message): void {
  switch (message.kind) {
    case 'vote':
      return writeVote(out, message.vote)
    case 'certificate':
      return writeCertificate(out, message.certificate)
    case 'proposal':
      return writeProposal(out, message.proposal)
    case 'status':
      out.fixed(message.status.epochId, 32)
      out.u64(message.status.view)
      out.u64(message.status.finalView)
      return out.fixed(message.status.finalHash, 32)
    case 'transactions':
      return writeTransactions(out, message.transactions)
    case 'block-request':
      out.fixed(message.hash, 32)
      return out.u16(message.ancestors)
    case 'block-response':
      out.u32(message.proposals.length)
      for (const proposal of message.proposals) writeProposal(out, proposal)
      return
    default:
      return unreachable(message)
  }
}

function readPayload(from: Reader, kind: Message['kind'] | undefined): Message {
  switch (kind) {
    case 'vote':
      return { kind, vote: readVote(from) }
    case 'certificate':
      return { kind, certificate: readCertificate(from) }
    case 'proposal':
      return { kind, proposal: readProposal(from) }
    case 'status':
      return {
        kind,
        status: {
          epochId: from.fixed(32),
          view: from.u64(),
          finalView: from.u64(),
          finalHash: from.fixed(32),
        },
      }
    case 'transactions':
      return { kind, transactions: readTransactions(from) }
    case 'block-request':
      return { kind, hash: from.fixed(32), ancestors: from.u16() }
    case 'block-response':
      return { kind, proposals: readList(from, maxBlocksPerResponse, readProposal) }
    default:
      throw new CodedError('CODEC_VALUE', 'unknown message kind')
  }
}
