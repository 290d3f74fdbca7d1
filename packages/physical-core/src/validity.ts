import { equal, type Hash, memoized, toHex } from '@groundwork/primitives'
import { activePlot, advance, type ChainState, type EpochChanges } from './chain-state.ts'
import { slotChallengeOf } from './challenge.ts'
import { blockHashOf, encodeBlock, encodeItem, laneOf, laneRootsOf, trunkHashOf } from './encoding.ts'
import type { CheckedBlock } from './event.ts'
import { isWin, isWorkQuality, lotteryEngines, lotteryNumber } from './lottery.ts'
import { applyItem, itemFault } from './registry.ts'
import { type ChainRules, epochOf } from './rules.ts'
import { type Item, type Lane, lanes, type PhysicalBlock } from './types.ts'

/** A block with what is computed from it once. */
export interface MeasuredBlock extends CheckedBlock {
  readonly hash: Hash
  readonly trunkHash: Hash
  /** Of the encoding. */
  readonly bytes: number
}

const encodedBytes = memoized((block: PhysicalBlock) => encodeBlock(block).length)

export function measure({ block, quality }: CheckedBlock): MeasuredBlock {
  return {
    block,
    quality,
    hash: blockHashOf(block.foliage),
    trunkHash: trunkHashOf(block.trunk),
    bytes: encodedBytes(block),
  }
}

/**
 * PC5. Whether trunk, items and limits fit the foliage: whoever sent a block that fails here may have made it up from a
 * good one, so its name stays clean. Cheap, and needs no state.
 */
export function shapeFault(rules: ChainRules, block: MeasuredBlock): string | null {
  const { trunk, foliage, items } = block.block
  if (!equal(block.trunkHash, foliage.trunkHash)) return 'trunk-hash'
  if (block.bytes > rules.parameters.maxBlockBytes) return 'block-size'
  const laneFault = lanesFault(rules, items)
  if (laneFault !== null) return laneFault
  const roots = laneRootsOf(items)
  if (foliage.laneRoots.length !== roots.length) return 'lane-roots'
  for (const [i, root] of roots.entries()) if (!equal(root, foliage.laneRoots[i]!)) return 'lane-roots'
  return trunk.proof.length === lotteryEngines[rules.parameters.engine].proofBytes(trunk.k)
    ? null
    : 'proof-size'
}

/** Order, counts and bytes of the lanes. */
export function lanesFault(rules: ChainRules, items: readonly Item[]): string | null {
  const { laneBytes, maxForcedItems } = rules.parameters
  const used: Record<Lane, number> = { checkpoint: 0, forced: 0, evidence: 0, votes: 0, registry: 0 }
  const kinds = new Map<Item['kind'], number>()
  let at = 0
  for (const item of items) {
    const lane = laneOf(item.kind)
    const position = lanes.indexOf(lane)
    if (position < at) return 'items-order'
    at = position
    used[lane] += itemBytes(item)
    if (used[lane] > laneBytes[lane]) return `lane-size-${lane}`
    kinds.set(item.kind, (kinds.get(item.kind) ?? 0) + 1)
  }
  if ((kinds.get('checkpoint') ?? 0) > 1 || (kinds.get('checkpoint-bodies') ?? 0) > 1)
    return 'checkpoint-count'
  return (kinds.get('forced-transaction') ?? 0) > maxForcedItems ? 'forced-count' : null
}

/** What an item takes of its lane. */
export const itemBytes: (item: Item) => number = memoized((item) => encodeItem(item).length + 4)

export type Validation =
  | { readonly kind: 'valid'; readonly u: bigint; readonly changes: EpochChanges }
  | { readonly kind: 'invalid'; readonly reason: string }

const invalid = (reason: string): Validation => ({ kind: 'invalid', reason })

/**
 * PC6. Whether a block may follow `parent`, but for its y, which the caller looks up in the challenge chain of
 * `seedFor(parent, slot)`: it may not be known yet, which is no fault.
 */
export function validate(rules: ChainRules, parent: ChainState, checked: CheckedBlock): Validation {
  const { block, quality } = checked
  const { trunk, foliage } = block
  if (trunk.slot <= parent.slot) return invalid('slot-order')
  if (foliage.height !== parent.height + 1) return invalid('height')
  if (!equal(trunk.parentTrunk, parent.trunkHash)) return invalid('parent-trunk')
  const state = advance(rules, parent, epochOf(rules, trunk.slot))
  const key = toHex(trunk.plotId)
  const plot = activePlot(state, key)
  if (plot === undefined) return invalid(absence(state, key))
  if (plot.record.k !== trunk.k) return invalid('plot-size')
  if (!equal(plot.record.farmer, foliage.farmer)) return invalid('plot-farmer')
  if (rules.parameters.engine === 'work' && !isWorkQuality(trunk, quality)) return invalid('work-quality')
  const u = lotteryNumber(quality, slotChallengeOf(trunk.y))
  if (!isWin(u, state.epoch.difficulty, plot.effective)) return invalid('lottery-lost')
  return withItems(rules, state, block, u)
}

function absence(state: ChainState, key: string): string {
  const record = state.epoch.plots.get(key)
  if (record?.banned || state.changes.banned.has(key)) return 'plot-banned'
  return record === undefined && !state.changes.registered.has(key) ? 'plot-unknown' : 'plot-inactive'
}

function withItems(rules: ChainRules, state: ChainState, block: PhysicalBlock, u: bigint): Validation {
  let after = state
  for (const item of block.items) {
    const fault = itemFault(rules, after, item)
    if (fault !== null) return invalid(fault)
    const changes = applyItem(after, item)
    if (changes !== after.changes) after = { ...after, changes }
  }
  return { kind: 'valid', u, changes: after.changes }
}
