import type { Context } from './context.ts'
import { encodeSnapshot } from './snapshot.ts'
import { nodeOf, tipOf } from './state.ts'

/**
 * PC17. When the tip is far enough beyond the end of an epoch, the last block of that epoch becomes the root: forks that
 * leave the best chain below it are dropped, and its state is stored, so that a start needs no older block.
 */
export function prune(context: Context): void {
  const { state, limits, others } = context
  const root = nodeOf(state, state.root)
  const rootHeight = root.chain.height
  const depth = tipOf(state).chain.height - rootHeight
  if (depth < limits.reorgDepth) return
  let index = depth - limits.reorgDepth
  const epochAt = (at: number) => nodeOf(state, state.best[at]!).chain.epoch.number
  // Heights in the epoch of the newest candidate have no end of an epoch above the root but the one before it.
  while (index > 0 && epochAt(index) === epochAt(index + 1)) index--
  if (index <= 0) return
  const next = nodeOf(state, state.best[index]!)
  state.root = next.key
  state.best.splice(0, index)
  dropBelow(context, rootHeight, next.chain.height)
  for (const [key, chain] of state.chains) if (chain.epoch < next.chain.epoch.number) state.chains.delete(key)
  for (const [key, { block }] of state.waiting)
    if (block.block.foliage.height <= next.chain.height) state.waiting.delete(key)
  const { height, hash } = next.chain
  others.push({ kind: 'store-snapshot', height, hash, bytes: encodeSnapshot(next) })
}

/** Keeps what descends from the root, which is at height `to`. */
function dropBelow({ state }: Context, from: number, to: number): void {
  for (let height = from; height < to; height++) {
    for (const key of state.byHeight.get(height) ?? []) state.nodes.delete(key)
    state.byHeight.delete(height)
  }
  for (let height = to; ; height++) {
    const level = state.byHeight.get(height)
    if (level === undefined) return
    const kept = level.filter((key) => {
      const isKept = height === to ? key === state.root : state.nodes.has(nodeOf(state, key).parent)
      return isKept || !state.nodes.delete(key)
    })
    state.byHeight.set(height, kept)
    if (kept.length === 0) state.byHeight.delete(height)
  }
}
