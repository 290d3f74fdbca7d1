import { type Item, itemBytes } from '@groundwork/physical-core'
import { equal } from '@groundwork/primitives'
import type { Block, Certificate, Height } from '@groundwork/stake-core'
import type { ForgedEpoch } from './council.ts'
import { type RewriteInit, rewriteHistory } from './history.ts'

/** Blocks by which the other history is longer than what it replaces, where the keys come as far. */
const ahead = 3

export interface RewritingInit extends Omit<RewriteInit, 'fork' | 'untilHeight'> {
  /** So many of the newest final blocks are replaced; null: all since the genesis. */
  readonly depth: number | null
}

/** Another history of a chain. */
export interface Rewriting {
  /** The last height that both share. */
  readonly fork: Height
  readonly epochs: readonly ForgedEpoch[]
}

/** Signs another history in the place of the newest blocks. */
export function rewriteNewest({ depth, ...init }: RewritingInit): Rewriting {
  const { length } = init.chain
  const fork = depth === null ? 0 : Math.max(0, length - depth)
  return { fork, epochs: rewriteHistory({ ...init, fork, untilHeight: length + ahead }) }
}

/** For people. */
export function rewritingDetail({ fork, epochs }: Rewriting): string {
  const blocks = epochs.reduce((sum, epoch) => sum + epoch.blocks.length, 0)
  return blocks === 0
    ? `rewrite: the keys are no quorum after height ${fork}, and can make nothing final`
    : `rewrite: ${blocks} other blocks after height ${fork}`
}

/** The items that checkpoint such a segment of the stake chain. */
export type CheckpointOf = (blocks: readonly Block[], final: Certificate) => readonly Item[]

/** What checkpoints the other history: as much of its first epoch as one lane can carry; nothing if that is nothing. */
export function rewritingItems(
  { epochs }: Rewriting,
  laneBytes: number,
  checkpointOf: CheckpointOf,
): readonly Item[] {
  const [first] = epochs
  for (const final of first?.finals.toReversed() ?? []) {
    const last = first?.blocks.findIndex(({ hash }) => equal(hash, final.hash)) ?? -1
    const blocks = first?.blocks.slice(0, last + 1).map(({ block }) => block) ?? []
    if (blocks.length === 0) continue
    const items = checkpointOf(blocks, final)
    if (items.reduce((sum, item) => sum + itemBytes(item), 0) <= laneBytes) return items
  }
  return []
}
