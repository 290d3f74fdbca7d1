import type { Bytes } from './bytes.ts'
import { assert, CodedError } from './error.ts'

/** Writes the canonical encoding: big-endian integers, fixed fields bare, variable fields behind a u32 length. */
export interface Writer {
  u8(value: number): void
  u16(value: number): void
  u32(value: number): void
  /** A safe integer (below 2^53) in eight bytes. */
  u64(value: number): void
  /** An unsigned integer below 2^64. */
  bigU64(value: bigint): void
  fixed(bytes: Bytes, length: number): void
  bytes(bytes: Bytes): void
  /** Once, at the end: the writer cannot be used after it. */
  finish(): Bytes
}

interface Scratch {
  readonly buffer: Uint8Array<ArrayBuffer>
  readonly view: DataView
}

const scratchBytes = 4096
const none = new Uint8Array(0)
/** Buffers of finished writers: encoding is the hottest thing that a node does, and most of its cost was allocation. */
const spare: Scratch[] = []

function scratch(length: number): Scratch {
  const buffer = new Uint8Array(length)
  return { buffer, view: new DataView(buffer.buffer) }
}

export function writer(): Writer {
  let { buffer, view } = spare.pop() ?? scratch(scratchBytes)
  let length = 0
  const reserve = (extra: number): number => {
    if (length + extra > buffer.length) {
      assert(buffer !== none, 'a finished writer was used again')
      const grown = scratch(Math.max(buffer.length * 2, length + extra))
      grown.buffer.set(buffer)
      ;({ buffer, view } = grown)
    }
    const offset = length
    length += extra
    return offset
  }
  const raw = (bytes: Bytes) => {
    // The offset first: reserving may replace the buffer.
    const offset = reserve(bytes.length)
    buffer.set(bytes, offset)
  }
  const integer = (value: number, max: number) =>
    assert(Number.isInteger(value) && value >= 0 && value <= max, `integer out of range: ${value}`)
  const u32 = (value: number) => {
    integer(value, 0xffff_ffff)
    const offset = reserve(4)
    view.setUint32(offset, value)
  }
  const bigU64 = (value: bigint) => {
    assert(value >= 0n && value < 1n << 64n, `integer out of range: ${value}`)
    const offset = reserve(8)
    view.setBigUint64(offset, value)
  }
  return {
    u8(value) {
      integer(value, 0xff)
      const offset = reserve(1)
      view.setUint8(offset, value)
    },
    u16(value) {
      integer(value, 0xffff)
      const offset = reserve(2)
      view.setUint16(offset, value)
    },
    u32,
    u64(value) {
      integer(value, Number.MAX_SAFE_INTEGER)
      u32(Math.floor(value / 0x1_0000_0000))
      u32(value % 0x1_0000_0000)
    },
    bigU64,
    fixed(bytes, expected) {
      assert(bytes.length === expected, `expected ${expected} bytes, got ${bytes.length}`)
      raw(bytes)
    },
    bytes(bytes) {
      u32(bytes.length)
      raw(bytes)
    },
    finish() {
      assert(buffer !== none, 'a writer was finished twice')
      const bytes = buffer.slice(0, length)
      if (buffer.length === scratchBytes) spare.push({ buffer, view })
      buffer = none
      return bytes
    },
  }
}

/** Reads what a writer wrote. Every method throws `CODEC_*` on input that no writer produces; nothing else is thrown. */
export interface Reader {
  u8(): number
  u16(): number
  u32(): number
  u64(): number
  bigU64(): bigint
  fixed(length: number): Bytes
  /** At most `max` bytes. */
  bytes(max: number): Bytes
  /** A count of following elements, at most `max`. */
  count(max: number): number
  /** Throws unless everything was read. */
  end(): void
}

export function reader(input: Bytes): Reader {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength)
  let offset = 0
  const take = (length: number): number => {
    if (offset + length > input.length) throw new CodedError('CODEC_TRUNCATED', 'truncated input')
    const start = offset
    offset += length
    return start
  }
  const bounded = (value: number, max: number): number => {
    if (value > max) throw new CodedError('CODEC_BOUND', `length ${value} above the bound ${max}`)
    return value
  }
  const u32 = () => view.getUint32(take(4))
  const fixed = (length: number) => {
    const start = take(length)
    // A copy even if the input is a Buffer, whose own slice is a view that would keep the whole frame alive.
    return new Uint8Array(input.subarray(start, start + length))
  }
  return {
    u8: () => view.getUint8(take(1)),
    u16: () => view.getUint16(take(2)),
    u32,
    u64() {
      const high = u32()
      if (high > 0x1f_ffff) throw new CodedError('CODEC_BOUND', 'integer above 2^53 - 1')
      return high * 0x1_0000_0000 + u32()
    },
    bigU64: () => view.getBigUint64(take(8)),
    fixed,
    bytes: (max) => fixed(bounded(u32(), max)),
    count: (max) => bounded(u32(), max),
    end() {
      const left = input.length - offset
      if (left !== 0) throw new CodedError('CODEC_TRAILING', `${left} bytes left over`)
    },
  }
}

/** Encodes one value with `write`. */
export function encode(write: (out: Writer) => void): Bytes {
  const out = writer()
  write(out)
  return out.finish()
}

/** Decodes one value with `read`; all of the input must be used. */
export function decode<T>(input: Bytes, read: (from: Reader) => T): T {
  const from = reader(input)
  const value = read(from)
  from.end()
  return value
}
