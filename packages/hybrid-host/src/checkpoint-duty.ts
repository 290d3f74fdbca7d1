import {
  blockBytes,
  type Checkpoint,
  checkpointPathMax,
  type DeriveContext,
  type DeriveState,
  encodeCheckpoint,
  encodeCheckpointBodies,
} from '@groundwork/hybrid-core'
import { type Item, itemBytes } from '@groundwork/physical-core'
import { equal } from '@groundwork/primitives'
import { type Block, hashHeader } from '@groundwork/stake-core'
import type { Held } from './finals.ts'

/**
 * The longest final segment above the state's checkpoint that one lane can carry (BS-1), as its two items; null if there
 * is none, and in RECORDED. Its certificate may cover a descendant of its last block: then the headers between go with it.
 * The longest has the newest anchor, so that it refreshes the deadline as early as anything can.
 */
export function checkpointItems(
  { parameters }: DeriveContext,
  state: DeriveState,
  held: readonly Held[],
): readonly Item[] | null {
  if (state.mode.recorded !== null) return null
  const first = held.findIndex(({ block: { header } }) => equal(header.parentHash, state.tip.hash))
  if (first < 0) return null
  const able: Held[] = []
  let bytes = 0
  for (const one of held.slice(first)) {
    // The next epoch's blocks go into a checkpoint of their own.
    if (one.position === null || one.isLost || !equal(one.block.header.epochId, state.epoch.id)) break
    bytes += blockBytes(one.block)
    if (bytes > parameters.checkpointLaneBytes) break
    able.push(one)
  }
  for (let count = able.length; count > 0; count--) {
    // One certificate may cover very many blocks, if they came in a synchronisation.
    if (able[count - 1]!.path.length > checkpointPathMax) continue
    const { path, certificate } = able[count - 1]!
    const blocks = able.slice(0, count).map(({ block }) => block)
    const items = itemsOfCheckpoint(blocks, { path, final: certificate })
    if (items.reduce((sum, item) => sum + itemBytes(item), 0) <= parameters.checkpointLaneBytes) return items
  }
  return null
}

/** A segment of the stake chain as the two items that carry it. */
export function itemsOfCheckpoint(
  blocks: readonly Block[],
  { path, final }: Pick<Checkpoint, 'path' | 'final'>,
): Item[] {
  const tip = hashHeader(blocks.at(-1)!.header)
  const bodies = encodeCheckpointBodies({ tip, bodies: blocks.map(({ body }) => body) })
  return [
    { kind: 'checkpoint', bytes: encodeCheckpoint({ blocks, path, final }) },
    { kind: 'checkpoint-bodies', bytes: bodies },
  ]
}

/**
 * Who puts checkpoints on the physical chain: at each height a third of the set in turn, all once half the deadline has
 * passed. `index`: the node's place in the set.
 */
export function isCheckpointTurn({ parameters }: DeriveContext, state: DeriveState, index: number): boolean {
  const { height, mode, epoch } = state
  if (height - mode.lastCheckpoint >= parameters.stallDeadlineBlocks / 2) return true
  const turns = Math.max(1, Math.ceil(epoch.validators.validators.length / 3))
  return (height + index) % turns === 0
}
