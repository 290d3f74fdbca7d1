import { forgetOldest, type Hex, toHex } from '@groundwork/primitives'
import { advance, type ChainState } from './chain-state.ts'
import { itemHashOf, laneOf } from './encoding.ts'
import type { OfferedItem } from './event.ts'
import { applyItem, itemFault } from './registry.ts'
import { type ChainRules, epochOf } from './rules.ts'
import { type Item, type Lane, lanes, type Slot } from './types.ts'
import { itemBytes } from './validity.ts'

interface PooledItem {
  readonly key: Hex
  readonly item: Item
  readonly lane: Lane
  readonly bytes: number
  readonly priority: number
}

/** PC16. Items that wait for a block, bounded lane by lane. */
export interface Mempool {
  readonly items: Map<Hex, PooledItem>
  readonly laneBytes: Record<Lane, number>
  /** Items of the best chain's last blocks: not taken again. */
  readonly included: Set<Hex>
}

/** Blocks' worth of a lane that may wait; and the number of items of any size. */
const waitingBlocks = 16
const maxItems = 4096
const maxIncluded = 16_384

export function createMempool(): Mempool {
  return {
    items: new Map(),
    laneBytes: { checkpoint: 0, forced: 0, evidence: 0, votes: 0, registry: 0 },
    included: new Set(),
  }
}

/** Takes an item for a block of `slot` on `tip`, or says why not. Lower priorities make room for higher ones. */
export function offer(
  pool: Mempool,
  rules: ChainRules,
  tip: ChainState,
  slot: Slot,
  { item, priority }: OfferedItem,
): string | null {
  const key = toHex(itemHashOf(item))
  if (pool.items.has(key)) return 'item-known'
  if (pool.included.has(key)) return 'item-included'
  const lane = laneOf(item.kind)
  const bytes = itemBytes(item)
  if (bytes > rules.parameters.laneBytes[lane]) return 'item-size'
  const fault = itemFault(rules, advance(rules, tip, epochOf(rules, slot)), item)
  if (fault !== null) return fault
  if (!makeRoom(pool, lane, bytes, priority, rules.parameters.laneBytes[lane] * waitingBlocks))
    return 'pool-full'
  pool.items.set(key, { key, item, lane, bytes, priority })
  pool.laneBytes[lane] += bytes
  return null
}

function makeRoom(pool: Mempool, lane: Lane, bytes: number, priority: number, maxBytes: number): boolean {
  const isFull = () => pool.laneBytes[lane] + bytes > maxBytes || pool.items.size >= maxItems
  if (!isFull()) return true
  const lower = [...pool.items.values()]
    .filter((pooled) => pooled.lane === lane && pooled.priority < priority)
    .sort((a, b) => -byPriority(a, b))
  const room = lower.reduce((sum, pooled) => sum + pooled.bytes, 0)
  if (pool.laneBytes[lane] - room + bytes > maxBytes || (lower.length === 0 && isFull())) return false
  for (const { key } of lower) {
    if (!isFull()) break
    withdraw(pool, key)
  }
  return !isFull()
}

export function withdraw(pool: Mempool, key: Hex): void {
  const pooled = pool.items.get(key)
  if (pooled === undefined) return
  pool.items.delete(key)
  pool.laneBytes[pooled.lane] -= pooled.bytes
}

function byPriority(a: PooledItem, b: PooledItem): number {
  return b.priority - a.priority || (a.key < b.key ? -1 : 1)
}

/** Items for a block of `slot` on `parent`, lane by lane, valid one after the other and within all limits. */
export function selectItems(pool: Mempool, rules: ChainRules, parent: ChainState, slot: Slot): Item[] {
  const { laneBytes, maxForcedItems } = rules.parameters
  let state = advance(rules, parent, epochOf(rules, slot))
  const selected: Item[] = []
  const waiting = [...pool.items.values()].sort(byPriority)
  for (const lane of lanes) {
    let left = laneBytes[lane]
    const counts = new Map<Item['kind'], number>()
    for (const { item, bytes } of waiting.filter((pooled) => pooled.lane === lane)) {
      const count = counts.get(item.kind) ?? 0
      const most = lane === 'checkpoint' ? 1 : item.kind === 'forced-transaction' ? maxForcedItems : maxItems
      if (bytes > left || count >= most || itemFault(rules, state, item) !== null) continue
      counts.set(item.kind, count + 1)
      left -= bytes
      const changes = applyItem(state, item)
      if (changes !== state.changes) state = { ...state, changes }
      selected.push(item)
    }
  }
  return selected
}

/** A block with these items joined the best chain. */
export function include(pool: Mempool, items: readonly Item[]): void {
  for (const item of items) {
    const key = toHex(itemHashOf(item))
    withdraw(pool, key)
    pool.included.add(key)
  }
  forgetOldest(pool.included, maxIncluded)
}

/** A block with these items left the best chain: they wait again. */
export function takeBack(pool: Mempool, items: readonly Item[]): OfferedItem[] {
  return items.map((item) => {
    pool.included.delete(toHex(itemHashOf(item)))
    return { item, priority: 0 }
  })
}

/** Drops what can no longer follow the tip. */
export function purge(pool: Mempool, rules: ChainRules, tip: ChainState, slot: Slot): void {
  const state = advance(rules, tip, epochOf(rules, slot))
  for (const { key, item, lane } of [...pool.items.values()]) {
    const hasMeaning = lane === 'registry' || lane === 'evidence'
    if (hasMeaning && itemFault(rules, state, item) !== null) withdraw(pool, key)
  }
}
