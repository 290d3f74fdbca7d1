import { compare, forgetOldest, toHex } from '@groundwork/primitives'
import { type Context, observe } from './context.ts'
import { blockHashOf } from './encoding.ts'
import { offer } from './mempool.ts'
import { currentSlot } from './rules.ts'
import { tipOf } from './state.ts'
import type { FarmerEquivocation, PhysicalBlock, PhysicalHeader } from './types.ts'

const maxFoliages = 8192

/** PC13. Two valid blocks of one plot and slot are evidence against its farmer: reported once, and put on the chain. */
export function noteFoliage(context: Context, { trunk, foliage, signature }: PhysicalBlock): void {
  const { state, rules } = context
  const key = `${toHex(trunk.plotId)}:${trunk.slot}`
  const header: PhysicalHeader = { trunk, foliage, signature }
  const first = state.foliages.get(key)
  if (first === undefined) {
    state.foliages.set(key, header)
    return forgetOldest(state.foliages, maxFoliages)
  }
  if (state.accused.has(key)) return
  state.accused.add(key)
  forgetOldest(state.accused, maxFoliages)
  const evidence = evidenceOf(first, header)
  observe(context, { kind: 'equivocation', evidence })
  const { chain } = tipOf(state)
  const slot = currentSlot(rules, chain, state.clock)
  if (offer(state.mempool, rules, chain, slot, { item: evidence, priority: 1 }) === null && state.started)
    context.others.push({ kind: 'broadcast', message: { kind: 'items', items: [evidence] } })
}

export function evidenceOf(one: PhysicalHeader, other: PhysicalHeader): FarmerEquivocation {
  const [a, b] = [one, other].sort((x, y) => compare(blockHashOf(x.foliage), blockHashOf(y.foliage)))
  return { kind: 'farmer-equivocation', a: a!, b: b! }
}
