import { type Bytes, CodedError, type Reader, unreachable, type Writer } from '@groundwork/primitives'
import {
  type JournalEntry,
  readCertificate,
  readProposal,
  readVote,
  writeCertificate,
  writeProposal,
  writeVote,
} from '@groundwork/stake-core'
import type { EntryCodec } from './entry-codec.ts'
import { encodeEntry, encodeTitle, type JournalTitle, scanJournal } from './journal-format.ts'

const kinds: readonly JournalEntry['kind'][] = [
  'voted',
  'proposed',
  'block',
  'certificate',
  'witnessed',
  'finalized',
  'entered',
]

/** The journal of a validator; what it signs is counted by views. */
export const stakeEntries: EntryCodec<JournalEntry> = {
  version: 1,
  kindOf: ({ kind }) => kinds.indexOf(kind) + 1,
  write: writePayload,
  read: readPayload,
  signedAt(entry) {
    if (entry.kind === 'voted') return entry.vote.view
    return entry.kind === 'proposed' ? entry.proposal.block.header.view : null
  },
}

function writePayload(out: Writer, record: JournalEntry): void {
  switch (record.kind) {
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
    case 'entered':
      out.u64(record.generation)
      out.u64(record.number)
      return out.fixed(record.epochId, 32)
    default:
      return unreachable(record)
  }
}

function readPayload(from: Reader, kind: number): JournalEntry {
  const name = kinds[kind - 1]
  switch (name) {
    case 'voted':
    case 'witnessed':
      return { kind: name, vote: readVote(from) }
    case 'proposed':
    case 'block':
      return { kind: name, proposal: readProposal(from) }
    case 'certificate':
      return { kind: name, certificate: readCertificate(from) }
    case 'finalized': {
      const height = from.u64()
      return { kind: name, certificate: readCertificate(from), height }
    }
    case 'entered':
      return { kind: name, generation: from.u64(), number: from.u64(), epochId: from.fixed(32) }
    default:
      throw new CodedError('CODEC_VALUE', 'unknown record kind')
  }
}

export type JournalRecord = JournalTitle | JournalEntry

/** One record of a validator's journal as it lies in the file. */
export function encodeRecord(record: JournalRecord): Bytes {
  return record.kind === 'title' ? encodeTitle(stakeEntries, record) : encodeEntry(stakeEntries, record)
}

/** All records of a validator's journal, its title first. Throws as `scanJournal` does. */
export function scanRecords(file: Bytes): {
  readonly records: readonly JournalRecord[]
  readonly validBytes: number
} {
  const { title, entries, validBytes } = scanJournal(stakeEntries, file)
  return { records: title === null ? entries : [title, ...entries], validBytes }
}
