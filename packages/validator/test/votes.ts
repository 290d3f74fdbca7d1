import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scanRecords } from '@groundwork/host'
import { toHex } from '@groundwork/primitives'
import type { VoteType } from '@groundwork/stake-core'
import type { TraceRecord } from '@groundwork/trace'
import { recordsOf } from './cluster.ts'

export interface CastVote {
  readonly view: number
  readonly type: VoteType
  readonly hash: string
}

/** Own votes as a journal file holds them now. */
export function journaledVotes(dataDir: string): CastVote[] {
  const file = new Uint8Array(readFileSync(join(dataDir, 'journal')))
  return scanRecords(file).records.flatMap((record) =>
    record.kind === 'voted'
      ? [{ view: record.vote.view, type: record.vote.type, hash: toHex(record.vote.hash) }]
      : [],
  )
}

export function tracedVotes(records: readonly TraceRecord[]): CastVote[] {
  return recordsOf(records, 'voted').map(({ view, type, hash }) => ({ view, type, hash }))
}

/** Pairs of votes that no honest validator casts: S1, S2, or two votes of one type. */
export function doubleVotes(votes: readonly CastVote[]): string[] {
  const byView = Map.groupBy(votes, ({ view }) => view)
  const found: string[] = []
  for (const [view, cast] of byView) {
    const hashes = new Set(cast.filter(({ type }) => type !== 'skip').map(({ hash }) => hash))
    if (hashes.size > 1) found.push(`S1 in view ${view}`)
    const types = new Set(cast.map(({ type }) => type))
    if (types.has('skip') && types.has('final')) found.push(`S2 in view ${view}`)
  }
  return found
}
