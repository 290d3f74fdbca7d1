import { crc32 } from 'node:zlib'
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
  type JournalEntry,
  readCertificate,
  readProposal,
  readVote,
  writeCertificate,
  writeProposal,
  writeVote,
} from '@groundwork/stake-core'

/** Version of every record; a record of another version stops the start in one line. */
export const journalVersion = 1

/** u32 length of the body, u32 CRC-32 of that length, u32 CRC-32 of the body. Body: u8 version, u8 kind, payload. */
const headBytes = 12
const maxBodyBytes = 64 * 1024 * 1024

/** The first record of a file: whose journal it is, and how often it was rewritten. */
export interface JournalTitle {
  readonly kind: 'title'
  /** 32 bytes, the validator's public key. */
  readonly key: Bytes
  readonly generation: number
}

export type JournalRecord = JournalTitle | JournalEntry

const kinds: readonly JournalRecord['kind'][] = [
  'title',
  'voted',
  'proposed',
  'block',
  'certificate',
  'witnessed',
  'finalized',
]

export function encodeRecord(record: JournalRecord): Bytes {
  const body = encode((out) => {
    out.u8(journalVersion)
    out.u8(kinds.indexOf(record.kind))
    writePayload(out, record)
  })
  const bytes = new Uint8Array(headBytes + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, body.length)
  view.setUint32(4, crc32(bytes.subarray(0, 4)))
  view.setUint32(8, crc32(body))
  bytes.set(body, headBytes)
  return bytes
}

export interface JournalScan {
  readonly records: readonly JournalRecord[]
  /** Where the last whole record ends; what follows is a record that was cut short. */
  readonly validBytes: number
}

/**
 * Reads a journal. A record cut short by a crash can only be the last: it is left out. Throws `JOURNAL_CORRUPT` for a
 * bad record with more bytes behind it, `JOURNAL_VERSION` for a record of an unknown version.
 */
export function scanRecords(file: Bytes): JournalScan {
  const records: JournalRecord[] = []
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let offset = 0
  const corrupt = (what: string) => new CodedError('JOURNAL_CORRUPT', `${what} at byte ${offset}`, { offset })
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
    if (body[0] !== journalVersion) {
      throw new CodedError(
        'JOURNAL_VERSION',
        `version ${body[0]} at byte ${offset}, expected ${journalVersion}`,
      )
    }
    try {
      records.push(decode(body, readBody))
    } catch (error) {
      throw error instanceof CodedError ? corrupt(`undecodable record (${error.message})`) : error
    }
    offset = end
  }
  return { records, validBytes: offset }
}

function writePayload(out: Writer, record: JournalRecord): void {
  switch (record.kind) {
    case 'title':
      out.fixed(record.key, 32)
      return out.u64(record.generation)
    case 'voted':
    case 'witnessed':
      return writeVote(out, record.vote)
    case 'proposed':
    case 'block':
      return writeProposal(out, record.proposal)
    case 'certificate':
      return writeCertificate(out, record.certificate)
    case 'finalized':
      out.u64(record.height)
      return writeCertificate(out, record.certificate)
    default:
      return unreachable(record)
  }
}

function readBody(from: Reader): JournalRecord {
  from.u8()
  const kind = kinds[from.u8()]
  switch (kind) {
    case 'title':
      return { kind, key: from.fixed(32), generation: from.u64() }
    case 'voted':
    case 'witnessed':
      return { kind, vote: readVote(from) }
    case 'proposed':
    case 'block':
      return { kind, proposal: readProposal(from) }
    case 'certificate':
      return { kind, certificate: readCertificate(from) }
    case 'finalized': {
      const height = from.u64()
      return { kind, certificate: readCertificate(from), height }
    }
    default:
      throw new CodedError('CODEC_VALUE', 'unknown record kind')
  }
}
