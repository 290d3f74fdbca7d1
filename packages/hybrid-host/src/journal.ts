import type { Height, RecordedVote, SpaceVote } from '@groundwork/hybrid-core'
import { type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { DeliveredBlock } from './effect.ts'

/** Votes that were signed: never two targets in one window, never one around another. */
export type VoteJournalEntry =
  | { readonly kind: 'recorded-vote'; readonly vote: RecordedVote }
  | { readonly kind: 'space-vote'; readonly vote: SpaceVote }

/** What outlives a crash: votes, and what clients were told, so that taking it back is never silent. */
export type FollowerJournalEntry =
  | VoteJournalEntry
  | { readonly kind: 'delivered'; readonly blocks: readonly ToldBlock[] }
  /** A hazard was recorded about these. */
  | { readonly kind: 'taken-back'; readonly hashes: readonly Hash[] }

/** A delivered block and where it stood on the physical chain. */
export interface ToldBlock extends DeliveredBlock {
  readonly epoch: number
  readonly anchor: { readonly height: Height; readonly hash: Hash }
}

const maxVotes = 4_096
/** Far more than can be delivered above a confirmed checkpoint (R5a). */
const maxTold = 2_048

/** What a later start needs of a journal. */
export function compactJournal(entries: readonly FollowerJournalEntry[]): FollowerJournalEntry[] {
  const votes = entries.filter((entry) => isVote(entry))
  const blocks = [...toldIn(entries).values()]
  const kept: FollowerJournalEntry[] = votes.slice(-maxVotes)
  if (blocks.length > 0) kept.push({ kind: 'delivered', blocks })
  return kept
}

export function isVote(entry: FollowerJournalEntry): entry is VoteJournalEntry {
  return entry.kind === 'recorded-vote' || entry.kind === 'space-vote'
}

/** Delivered and not taken back, oldest first. */
export function toldIn(entries: readonly FollowerJournalEntry[]): Map<Hex, ToldBlock> {
  const told = new Map<Hex, ToldBlock>()
  for (const entry of entries) {
    if (entry.kind === 'delivered') for (const block of entry.blocks) told.set(toHex(block.hash), block)
    if (entry.kind === 'taken-back') for (const hash of entry.hashes) told.delete(toHex(hash))
  }
  return new Map([...told].slice(-maxTold))
}
