import type { Hash } from '@groundwork/primitives'
import { type Context, observe } from './context.ts'
import type { TipSummary } from './effect.ts'
import { include, offer, purge, takeBack } from './mempool.ts'
import { currentSlot } from './rules.ts'
import { type BlockNode, nodeOf, type PhysicalState, tipOf } from './state.ts'

export function summaryOf({ chain }: BlockNode): TipSummary {
  const { hash, height, slot, weight } = chain
  return { hash, height, slot, weight }
}

/**
 * PC8. The best chain follows the tip: says what left it and what joined it, and lets items of the former wait again.
 * True if the tip is in another epoch than before.
 */
export function followTip(context: Context): boolean {
  const { state, others, rules } = context
  const before = nodeOf(state, state.best.at(-1)!)
  if (before.key === state.tip) return false
  const tip = tipOf(state)
  const { adopted, reverted } = switchBest(state, tip)
  const summary = summaryOf(tip)
  const hashes = (nodes: readonly BlockNode[]): Hash[] => nodes.map(({ chain }) => chain.hash)
  others.push({ kind: 'tip', tip: summary, reverted: hashes(reverted), adopted: hashes(adopted) })
  if (reverted.length > 0)
    observe(context, { kind: 'reorg', depth: reverted.length, from: summaryOf(before), to: summary })
  if (tip.chain.epoch.number !== before.chain.epoch.number) {
    const { number, difficulty, active, space } = tip.chain.epoch
    observe(context, { kind: 'epoch', epoch: number, difficulty, plots: active.size, space })
  }
  const { mempool } = state
  const taken = reverted.flatMap(({ items }) => takeBack(mempool, items ?? []))
  for (const { items } of adopted) include(mempool, items ?? [])
  const slot = currentSlot(rules, tip.chain, state.clock)
  for (const item of taken) offer(mempool, rules, tip.chain, slot, item)
  purge(mempool, rules, tip.chain, slot)
  return tip.chain.epoch.number !== before.chain.epoch.number
}

/** Both newest blocks of the branches go last and first: `adopted` ascends, `reverted` descends. */
function switchBest(state: PhysicalState, tip: BlockNode): { adopted: BlockNode[]; reverted: BlockNode[] } {
  const { best } = state
  const rootHeight = nodeOf(state, state.root).chain.height
  const adopted: BlockNode[] = []
  let node = tip
  while (best[node.chain.height - rootHeight] !== node.key) {
    adopted.unshift(node)
    node = nodeOf(state, node.parent)
  }
  const reverted = best.splice(node.chain.height - rootHeight + 1).map((key) => nodeOf(state, key))
  for (const { key } of adopted) best.push(key)
  return { adopted, reverted: reverted.reverse() }
}
