import type { EntryCodec } from '@groundwork/host'
import {
  decodeRecordedVote,
  decodeSpaceVote,
  encodeRecordedVote,
  encodeSpaceVote,
} from '@groundwork/hybrid-core'
import type { VoteJournalEntry } from '@groundwork/hybrid-host'
import { CodedError } from '@groundwork/primitives'

/** A space vote holds a proof of space. */
const maxBytes = 4_096

/** Votes of validators and plots in RECORDED, by window. */
export const voteEntries: EntryCodec<VoteJournalEntry> = {
  version: 1,
  kindOf: ({ kind }) => (kind === 'recorded-vote' ? 1 : 2),
  write: (out, entry) =>
    out.bytes(entry.kind === 'recorded-vote' ? encodeRecordedVote(entry.vote) : encodeSpaceVote(entry.vote)),
  read(from, kind) {
    const bytes = from.bytes(maxBytes)
    if (kind === 1) return { kind: 'recorded-vote', vote: decodeRecordedVote(bytes) }
    if (kind === 2) return { kind: 'space-vote', vote: decodeSpaceVote(bytes) }
    throw new CodedError('CODEC_VALUE', 'unknown record kind')
  },
  signedAt: (entry) => (entry.kind === 'recorded-vote' ? entry.vote.target.window : entry.vote.window),
}
