import { crc32 } from 'node:zlib'
import { type Bytes, CodedError, decode, encode, type Reader } from '@groundwork/primitives'
import type { EntryCodec } from './entry-codec.ts'

/** u32 length of the body, u32 CRC-32 of that length, u32 CRC-32 of the body. Body: u8 version, u8 kind, payload. */
const headBytes = 12
const maxBodyBytes = 64 * 1024 * 1024
const titleKind = 0

/** The first record of a file: whose journal it is, and how often it was rewritten. */
export interface JournalTitle {
  readonly kind: 'title'
  /** 32 bytes, the owner's public key. */
  readonly key: Bytes
  readonly generation: number
}

export function encodeTitle<Entry>({ version }: EntryCodec<Entry>, { key, generation }: JournalTitle): Bytes {
  return framed(
    encode((out) => {
      out.u8(version)
      out.u8(titleKind)
      out.fixed(key, 32)
      out.u64(generation)
    }),
  )
}

export function encodeEntry<Entry>(codec: EntryCodec<Entry>, entry: Entry): Bytes {
  return framed(
    encode((out) => {
      out.u8(codec.version)
      out.u8(codec.kindOf(entry))
      codec.write(out, entry)
    }),
  )
}

function framed(body: Bytes): Bytes {
  const bytes = new Uint8Array(headBytes + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, body.length)
  view.setUint32(4, crc32(bytes.subarray(0, 4)))
  view.setUint32(8, crc32(body))
  bytes.set(body, headBytes)
  return bytes
}

export interface JournalFile<Entry> {
  /** Null in an empty file. */
  readonly title: JournalTitle | null
  readonly entries: readonly Entry[]
  /** Where the last whole record ends; what follows is a record that was cut short. */
  readonly validBytes: number
}

/**
 * Reads a journal. A record cut short by a crash can only be the last: it is left out. Throws `JOURNAL_CORRUPT` for a
 * bad record with more bytes behind it, or a file that does not begin with a title, `JOURNAL_VERSION` for a record of an
 * unknown version.
 */
export function scanJournal<Entry>(codec: EntryCodec<Entry>, file: Bytes): JournalFile<Entry> {
  const entries: Entry[] = []
  let title: JournalTitle | null = null
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let offset = 0
  const corrupt = (what: string) => new CodedError('JOURNAL_CORRUPT', `${what} at byte ${offset}`, { offset })
  const read = (from: Reader): void => {
    from.u8()
    const kind = from.u8()
    if (kind === titleKind) {
      const read: JournalTitle = { kind: 'title', key: from.fixed(32), generation: from.u64() }
      title ??= read
    } else entries.push(codec.read(from, kind))
  }
  while (file.length - offset >= headBytes) {
    const length = view.getUint32(offset)
    if (view.getUint32(offset + 4) !== crc32(file.subarray(offset, offset + 4))) {
      // A file that grew without its data being written ends in zeros.
      if (file.subarray(offset).every((byte) => byte === 0)) break
      throw corrupt('bad record length')
    }
    if (length > maxBodyBytes) throw corrupt('record too long')
    const end = offset + headBytes + length
    if (end > file.length) break
    const body = file.subarray(offset + headBytes, end)
    if (view.getUint32(offset + 8) !== crc32(body)) {
      if (end === file.length) break
      throw corrupt('bad checksum of a record')
    }
    if (body[0] !== codec.version) {
      throw new CodedError(
        'JOURNAL_VERSION',
        `version ${body[0]} at byte ${offset}, expected ${codec.version}`,
      )
    }
    if (title === null && body[1] !== titleKind) throw new CodedError('JOURNAL_CORRUPT', 'no title at byte 0')
    try {
      decode(body, read)
    } catch (error) {
      throw error instanceof CodedError ? corrupt(`undecodable record (${error.message})`) : error
    }
    offset = end
  }
  return { title, entries, validBytes: offset }
}
