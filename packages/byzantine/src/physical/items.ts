import { type Item, itemHashOf, type PhysicalCore, type PhysicalEvent } from '@groundwork/physical-core'
import { type FarmerCoercion, isKeptBack, itemBehaviours } from './coercion.ts'

/** A core that never has what it should keep back: not from others, nor from blocks that left the best chain. */
export function coercedFarmer(core: PhysicalCore, coercion: FarmerCoercion): PhysicalCore {
  /** Own items are its own business. */
  const own = new WeakSet<Item>()
  const filtered = (event: PhysicalEvent): PhysicalEvent => {
    if (event.kind !== 'items') return event
    if (event.from !== null) {
      return { ...event, items: event.items.filter(({ item }) => !isKeptBack(coercion, item)) }
    }
    for (const { item } of event.items) own.add(item)
    return event
  }
  const waiting = (): Item[] => {
    if (!itemBehaviours.some((behaviour) => coercion.does(behaviour))) return []
    return [...core.state.mempool.items.values()]
      .map(({ item }) => item)
      .filter((item) => !own.has(item) && isKeptBack(coercion, item))
  }
  return {
    ...core,
    step(event) {
      const before = waiting()
      if (before.length > 0) core.step({ kind: 'withdraw-items', hashes: before.map(itemHashOf) })
      return core.step(filtered(event))
    },
  }
}
