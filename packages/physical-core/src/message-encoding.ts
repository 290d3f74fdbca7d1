import {
  type Bytes,
  CodedError,
  decode,
  encode,
  type Reader,
  unreachable,
  type Writer,
} from '@groundwork/primitives'
import { readBlock, readItems, readSlotProof, writeBlock, writeItems, writeSlotProof } from './encoding.ts'
import type { PhysicalMessage } from './types.ts'

/** Bounds of one answer. */
export const maxBlocksPerAnswer = 128
export const maxSlotsPerAnswer = 256
export const maxLocatorHashes = 64

const kinds: readonly PhysicalMessage['kind'][] = [
  'slot-proof',
  'block',
  'items',
  'status',
  'block-request',
  'range-request',
  'slots-request',
  'blocks',
  'slots',
]

/** A frame: one byte of version, one of kind, then the message. */
export function encodePhysicalMessage(message: PhysicalMessage): Bytes {
  return encode((out) => {
    out.u8(1)
    out.u8(kinds.indexOf(message.kind) + 1)
    writePayload(out, message)
  })
}

/** Throws `CODEC_*` on anything that `encodePhysicalMessage` does not produce. */
export function decodePhysicalMessage(frame: Bytes): PhysicalMessage {
  return decode(frame, (from) => {
    if (from.u8() !== 1) throw new CodedError('CODEC_VERSION', 'unknown message version')
    return readPayload(from, kinds[from.u8() - 1])
  })
}

/** Below 2^128. */
function writeWeight(out: Writer, weight: bigint): void {
  out.bigU64(weight >> 64n)
  out.bigU64(weight & ((1n << 64n) - 1n))
}

function readWeight(from: Reader): bigint {
  const high = from.bigU64()
  return (high << 64n) | from.bigU64()
}

function writePayload(out: Writer, message: PhysicalMessage): void {
  switch (message.kind) {
    case 'slot-proof':
      return writeSlotProof(out, message.proof)
    case 'block':
      return writeBlock(out, message.block)
    case 'items':
      return writeItems(out, message.items)
    case 'status':
      out.u64(message.status.height)
      out.fixed(message.status.hash, 32)
      out.u64(message.status.slot)
      return writeWeight(out, message.status.weight)
    case 'block-request':
      out.fixed(message.hash, 32)
      return out.u16(message.ancestors)
    case 'range-request':
      out.u32(message.locator.length)
      for (const hash of message.locator) out.fixed(hash, 32)
      return out.u16(message.max)
    case 'slots-request':
      out.fixed(message.seed, 32)
      out.u64(message.from)
      return out.u64(message.to)
    case 'blocks':
      out.u32(message.blocks.length)
      for (const block of message.blocks) writeBlock(out, block)
      return
    case 'slots':
      out.u32(message.proofs.length)
      for (const proof of message.proofs) writeSlotProof(out, proof)
      return
    default:
      return unreachable(message)
  }
}

function readPayload(from: Reader, kind: PhysicalMessage['kind'] | undefined): PhysicalMessage {
  switch (kind) {
    case 'slot-proof':
      return { kind, proof: readSlotProof(from) }
    case 'block':
      return { kind, block: readBlock(from) }
    case 'items':
      return { kind, items: readItems(from) }
    case 'status':
      return {
        kind,
        status: { height: from.u64(), hash: from.fixed(32), slot: from.u64(), weight: readWeight(from) },
      }
    case 'block-request':
      return { kind, hash: from.fixed(32), ancestors: from.u16() }
    case 'range-request':
      return { kind, locator: readList(from, maxLocatorHashes, () => from.fixed(32)), max: from.u16() }
    case 'slots-request':
      return { kind, seed: from.fixed(32), from: from.u64(), to: from.u64() }
    case 'blocks':
      return { kind, blocks: readList(from, maxBlocksPerAnswer, readBlock) }
    case 'slots':
      return { kind, proofs: readList(from, maxSlotsPerAnswer, readSlotProof) }
    case undefined:
      throw new CodedError('CODEC_VALUE', 'unknown message kind')
    default:
      return unreachable(kind)
  }
}

function readList<T>(from: Reader, max: number, read: (from: Reader) => T): T[] {
  const list: T[] = []
  for (let left = from.count(max); left > 0; left--) list.push(read(from))
  return list
}
