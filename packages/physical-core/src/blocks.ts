import { equal, forgetOldest, type Hex, toHex } from '@groundwork/primitives'
import { type ChainState, extend, seedFor } from './chain-state.ts'
import { type Context, observe, refuse, want, wantKey } from './context.ts'
import { noteFoliage } from './equivocation.ts'
import type { CheckedBlock } from './event.ts'
import { isBetter } from './fork-choice.ts'
import { wantSlotsFor, yOf } from './slots.ts'
import { type BlockNode, nodeOf, tipOf, type WaitingBlock } from './state.ts'
import type { Peer } from './types.ts'
import { type MeasuredBlock, measure, shapeFault, validate } from './validity.ts'

const maxRefused = 4096

/** A block from a peer: taken, kept until it can be, or refused with a counted reason. */
export function onBlock(context: Context, checked: CheckedBlock, from: Peer | null): void {
  const block = measure(checked)
  const key = toHex(block.hash)
  const { state } = context
  if (state.nodes.has(key) || state.waiting.has(key)) return
  const fault = shapeFault(context.rules, block) ?? admissionFault(context, block, key)
  if (fault !== null) return refuse(context, 'block', fault, from)
  place(context, { block, from, reason: 'parent' })
}

/** PC7. What is not worth keeping, by what is known of it without its parent. */
export function admissionFault(
  context: Context,
  { block, hash }: MeasuredBlock,
  key: Hex = toHex(hash),
): string | null {
  const { state, rules } = context
  const { trunk, foliage } = block
  if (state.refused.has(key)) return 'block-known-invalid'
  if (trunk.slot > state.clock + 1 + rules.parameters.maxFutureSlots) return 'slot-far-future'
  if (foliage.height <= nodeOf(state, state.root).chain.height) return 'block-too-deep'
  const seen = `${toHex(trunk.plotId)}:${trunk.slot}`
  const isAskedFor = state.wanted.has(`block:${key}`) || hasWaitingChild(context, key)
  // Two are evidence; more would be free to make. One that others built upon is asked for by name.
  return state.accused.has(seen) && !isAskedFor ? 'equivocation-known' : null
}

function hasWaitingChild({ state }: Context, key: string): boolean {
  for (const { block } of state.waiting.values()) {
    if (toHex(block.block.foliage.parentHash) === key) return true
  }
  return false
}

/** Takes a block if its parent and its y are known and its slot is due, and keeps it otherwise. */
function place(context: Context, { block, from }: WaitingBlock): void {
  const { state } = context
  const { trunk, foliage } = block.block
  const parentKey = toHex(foliage.parentHash)
  if (state.refused.has(parentKey)) return condemn(context, block, 'parent-invalid', from)
  if (trunk.slot > state.clock + 1) return hold(context, { block, from, reason: 'future' })
  const parent = state.nodes.get(parentKey)
  if (parent === undefined) {
    hold(context, { block, from, reason: 'parent' })
    if (!state.waiting.has(parentKey)) want(context, { kind: 'block', hash: foliage.parentHash }, from)
    return
  }
  const verdict = validate(context.rules, parent.chain, block)
  if (verdict.kind === 'invalid') return condemn(context, block, verdict.reason, from)
  const seed = seedFor(context.rules, parent.chain, trunk.slot)
  const y = yOf(context, seed, trunk.slot)
  if (y === undefined) {
    hold(context, { block, from, reason: 'slot' })
    return wantSlotsFor(context, seed, trunk.slot, from)
  }
  if (!equal(y, trunk.y)) return condemn(context, block, 'y-wrong', from)
  const { hash, trunkHash } = block
  const chain = extend(context.rules, parent.chain, { hash, trunkHash, slot: trunk.slot }, verdict.changes)
  insert(context, block, parentKey, chain, verdict.u)
}

/** Invalid whatever comes, and so is everything on top of it. */
function condemn(context: Context, { hash }: MeasuredBlock, reason: string, from: Peer | null): void {
  const { state } = context
  const key = toHex(hash)
  refuse(context, 'block', reason, from)
  state.refused.add(key)
  forgetOldest(state.refused, maxRefused)
  state.wanted.delete(`block:${key}`)
}

function hold(context: Context, waiting: WaitingBlock): void {
  const { state, limits, rules } = context
  state.waiting.set(toHex(waiting.block.hash), waiting)
  state.wanted.delete(`block:${toHex(waiting.block.hash)}`)
  const future = [...state.waiting].filter(([, { reason }]) => reason === 'future')
  if (future.length > rules.parameters.maxFutureSlots) {
    const latest = future.reduce((a, b) =>
      b[1].block.block.trunk.slot >= a[1].block.block.trunk.slot ? b : a,
    )
    drop(context, latest[0], 'future-full')
  }
  const others = [...state.waiting].filter(([, { reason }]) => reason !== 'future')
  let bytes = others.reduce((sum, [, { block }]) => sum + block.bytes, 0)
  let count = others.length
  for (const [key, { block }] of others) {
    if (count <= limits.orphans && bytes <= limits.orphanBytes) break
    drop(context, key, 'orphans-full')
    count--
    bytes -= block.bytes
  }
}

function drop(context: Context, key: string, reason: string): void {
  const waiting = context.state.waiting.get(key)!
  context.state.waiting.delete(key)
  refuse(context, 'block', reason, waiting.from)
}

function insert(
  context: Context,
  { block, quality, hash }: MeasuredBlock,
  parent: string,
  chain: ChainState,
  u: bigint,
): void {
  const { state, limits, others } = context
  const { trunk, foliage, items } = block
  const key = toHex(hash)
  const node: BlockNode = { key, parent, chain, u, plotId: trunk.plotId, farmer: foliage.farmer, items }
  state.nodes.set(key, node)
  const { height } = chain
  const level = state.byHeight.get(height)
  if (level === undefined) state.byHeight.set(height, [key])
  else level.push(key)
  state.wanted.delete(wantKey({ kind: 'block', hash }))
  others.push({ kind: 'store-block', block: { block, quality }, hash, height })
  const { plotId, slot } = trunk
  observe(context, { kind: 'block-accepted', hash, height, slot, plotId, items: items.length })
  if (items.length > 0) state.withItems.push(key)
  while (state.withItems.length > limits.heldItems) {
    const oldest = state.nodes.get(state.withItems.shift()!)
    if (oldest !== undefined) oldest.items = null
  }
  noteFoliage(context, block)
  if (isBetter(node, tipOf(state))) state.tip = key
}

/** Places again what waits, as long as anything moves. */
export function placeWaiting(context: Context): void {
  const { state } = context
  for (let moved = true; moved; ) {
    moved = false
    for (const [key, waiting] of [...state.waiting]) {
      if (!isReady(context, waiting)) continue
      state.waiting.delete(key)
      place(context, waiting)
      moved = moved || !state.waiting.has(key)
    }
  }
}

function isReady(context: Context, { block, reason }: WaitingBlock): boolean {
  const { state, rules } = context
  const { trunk, foliage } = block.block
  const parentKey = toHex(foliage.parentHash)
  if (state.refused.has(parentKey)) return true
  if (trunk.slot > state.clock + 1) return false
  const parent = state.nodes.get(parentKey)
  if (reason === 'future') return true
  if (parent === undefined) return false
  return (
    reason === 'parent' || yOf(context, seedFor(rules, parent.chain, trunk.slot), trunk.slot) !== undefined
  )
}
