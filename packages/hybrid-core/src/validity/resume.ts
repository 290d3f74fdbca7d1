import { equal, type Hash } from '@groundwork/primitives'
import {
  admittedFromJournal,
  type Certificate,
  type EpochStart,
  type FinalizedBlock,
  type JournalEntry,
} from '@groundwork/stake-core'
import type { DeriveContext, DeriveState } from '../derive/index.ts'
import type { PhysicalView } from '../view.ts'
import { startAt } from './hybrid-rules.ts'

/** What a validator's store holds, as far as a derived state does not say it. */
export interface StoredChain {
  /** Of the newest block, or of what the store was rebased to; null before the first block. */
  readonly head: Hash | null
  /** Above the height of the derived state's checkpoint, oldest first. */
  readonly blocks: readonly Pick<FinalizedBlock, 'block' | 'signature' | 'hash'>[]
  /** The store's: of the newest block, or of an empty child of it. */
  readonly certificate: Certificate | null
  /** The validator's. Without it, nothing stored is trusted where the store has to be rebased. */
  readonly journal?: readonly JournalEntry[]
}

export interface Resumed {
  readonly start: EpochStart
  /** The stored chain is not the one that the physical chain knows, or ends before it: rebase the store to `start.head` first. */
  readonly isRebased: boolean
}

/**
 * Where a validator goes on after a restart: on top of the confirmed derived state, over the final blocks that it has
 * stored, through as many epochs as they span. Null if they cannot be executed on this view of the physical chain: it has
 * not come as far yet. The floor must not go back, so a host waits for more of that chain.
 */
export function resumeAt(
  context: DeriveContext,
  view: PhysicalView,
  confirmed: DeriveState,
  stored: StoredChain,
): Resumed | null {
  const first = startAt(context, view, confirmed)
  // What was final is void, and what the exit makes of it comes with the exit.
  if (confirmed.mode.recorded !== null) return { start: first, isRebased: false }
  if (!continues(first.head, stored)) {
    const keep = isBehind(confirmed, stored) ? first.head.height : 0
    return { start: { ...first, head: { ...first.head, keep } }, isRebased: true }
  }
  let start = first
  for (const { block, signature, hash } of stored.blocks) {
    const { epochId, parentHash, view: at, height } = block.header
    const { epoch, head, position, rules } = start
    if (!equal(epochId, epoch.id) || !equal(parentHash, head.hash)) return null
    const extended = rules.extend({ ...head, position }, admittedFromJournal({ block, signature }))
    if (extended.kind !== 'extended') return null
    const { position: after } = extended
    const next = { view: at, height, hash, certificate: null }
    start = rules.ends(after) ? rules.successor(after) : { epoch, rules, head: next, position: after }
  }
  const { head } = start
  const { certificate } = stored
  const covers = certificate !== null && head.view > 0 && equal(certificate.hash, head.hash)
  return { start: covers ? { ...start, head: { ...head, certificate } } : start, isRebased: false }
}

function continues({ hash, height }: EpochStart['head'], { head, blocks }: StoredChain): boolean {
  const [first] = blocks
  if (first !== undefined) return equal(first.block.header.parentHash, hash)
  return head === null ? height === 0 : equal(head, hash)
}

/** No exit lies between: what is stored is a part of what the physical chain has. */
function isBehind({ mode }: DeriveState, { blocks, journal }: StoredChain): boolean {
  if (blocks.length > 0 || journal === undefined) return false
  const generations = journal.map((entry) => (entry.kind === 'entered' ? entry.generation : 0))
  return Math.max(0, ...generations) === mode.exits
}
