import { type EntryCodec, type Journal, memoryJournal, openJournalFile } from '@groundwork/host'
import {
  decodeRecordedVote,
  decodeSpaceVote,
  encodeRecordedVote,
  encodeSpaceVote,
} from '@groundwork/hybrid-core'
import { compactJournal, type FollowerJournalEntry, isVote, type ToldBlock } from '@groundwork/hybrid-host'
import { type Bytes, CodedError, type Reader, type Writer } from '@groundwork/primitives'
import { readList } from '@groundwork/stake-core'
import type { Log } from '../log.ts'

/** A space vote holds a proof of space. */
const maxVoteBytes = 4_096
const maxBlocks = 65_536

/** Votes of validators and plots in RECORDED, by window, and what clients were told of the stake chain. */
export const followerEntries: EntryCodec<FollowerJournalEntry> = {
  version: 1,
  kindOf: ({ kind }) => 1 + kinds.indexOf(kind),
  write(out, entry) {
    switch (entry.kind) {
      case 'recorded-vote':
        return out.bytes(encodeRecordedVote(entry.vote))
      case 'space-vote':
        return out.bytes(encodeSpaceVote(entry.vote))
      case 'delivered':
        out.u32(entry.blocks.length)
        for (const block of entry.blocks) writeTold(out, block)
        return
      case 'taken-back':
        out.u32(entry.hashes.length)
        for (const hash of entry.hashes) out.fixed(hash, 32)
    }
  },
  read(from, kind) {
    switch (kinds[kind - 1]) {
      case 'recorded-vote':
        return { kind: 'recorded-vote', vote: decodeRecordedVote(from.bytes(maxVoteBytes)) }
      case 'space-vote':
        return { kind: 'space-vote', vote: decodeSpaceVote(from.bytes(maxVoteBytes)) }
      case 'delivered':
        return { kind: 'delivered', blocks: readList(from, maxBlocks, readTold) }
      case 'taken-back':
        return { kind: 'taken-back', hashes: readList(from, maxBlocks, (each) => each.fixed(32)) }
      default:
        throw new CodedError('CODEC_VALUE', 'unknown record kind')
    }
  },
  signedAt(entry) {
    if (!isVote(entry)) return null
    return entry.kind === 'recorded-vote' ? entry.vote.target.window : entry.vote.window
  },
}

/** By their numbers in the file, from 1. */
const kinds: readonly FollowerJournalEntry['kind'][] = [
  'recorded-vote',
  'space-vote',
  'delivered',
  'taken-back',
]

function writeTold(out: Writer, { epoch, epochId, height, hash, anchor }: ToldBlock): void {
  out.u64(epoch)
  out.fixed(epochId, 32)
  out.u64(height)
  out.fixed(hash, 32)
  out.u64(anchor.height)
  out.fixed(anchor.hash, 32)
}

function readTold(from: Reader): ToldBlock {
  return {
    epoch: from.u64(),
    epochId: from.fixed(32),
    height: from.u64(),
    hash: from.fixed(32),
    anchor: { height: from.u64(), hash: from.fixed(32) },
  }
}

export interface FollowerMemoryInit {
  readonly dir: string
  /** Whose journal it is: a public key. Null: nobody's, in memory. */
  readonly owner: Bytes | null
  readonly onSync: (durationMs: number) => void
  readonly log: Log
}

/** The journal of a follower, and what has to stay of it. */
export interface FollowerMemory {
  readonly journal: Journal<FollowerJournalEntry>
  /** What an earlier start left. */
  readonly entries: readonly FollowerJournalEntry[]
  /** False: what was voted for is not known, so nothing more is. */
  readonly isSound: boolean
  note(added: readonly FollowerJournalEntry[]): void
  compacted(): readonly FollowerJournalEntry[]
}

type Opened = Pick<FollowerMemory, 'journal' | 'entries' | 'isSound'>

/** Entries in memory, over those that stay, after which those that need not are dropped. */
const maxSpare = 4_096

/** Throws as `openJournalFile`, but for `JOURNAL_CORRUPT`: then the node goes on without voting. */
export function openFollowerMemory({ dir, owner, onSync, log }: FollowerMemoryInit): FollowerMemory {
  const { journal, entries, isSound } = openFile({ dir, owner, onSync, log })
  let kept = compactJournal(entries)
  let spare = 0
  return {
    journal,
    entries: kept,
    isSound,
    note(added) {
      kept.push(...added)
      spare += added.length
      if (spare < maxSpare) return
      kept = compactJournal(kept)
      spare = 0
    },
    compacted: () => compactJournal(kept),
  }
}

function openFile({ dir, owner, onSync, log }: FollowerMemoryInit): Opened {
  const none = { journal: memoryJournal<FollowerJournalEntry>(), entries: [] }
  if (owner === null) return { ...none, isSound: true }
  try {
    const opened = openJournalFile({ dir, key: owner, onSync, codec: followerEntries })
    const isSound = opened.lostUpTo === 0
    if (!isSound) log.error('the journal of votes has lost records: not voting in RECORDED')
    return { journal: opened.journal, entries: opened.entries, isSound }
  } catch (error) {
    if (!(error instanceof CodedError) || error.code !== 'JOURNAL_CORRUPT') throw error
    // Left as it is: a person may want to look.
    log.error({ reason: error.message }, 'the journal of votes is damaged: not voting in RECORDED')
    return { ...none, isSound: false }
  }
}
