import type { Item, ItemKind } from '@groundwork/physical-core'

/**
 * What a coerced farmer may be made to do to items.
 * - censor-items: its blocks hold no forced transactions, no evidence and no votes of others, and it passes none on.
 * - withhold-checkpoints: its blocks hold no checkpoints, and it passes none on.
 */
export const itemBehaviours = ['censor-items', 'withhold-checkpoints'] as const
export type ItemBehaviour = (typeof itemBehaviours)[number]

export interface FarmerCoercion {
  does(behaviour: ItemBehaviour | 'double-farm'): boolean
}

const kept: Readonly<Record<ItemBehaviour, ReadonlySet<ItemKind>>> = {
  'censor-items': new Set<ItemKind>([
    'forced-transaction',
    'stake-evidence',
    'farmer-equivocation',
    'recorded-vote',
    'space-vote',
  ]),
  'withhold-checkpoints': new Set<ItemKind>(['checkpoint', 'checkpoint-bodies']),
}

/** A coerced farmer keeps it back. */
export function isKeptBack(coercion: FarmerCoercion, { kind }: Item): boolean {
  return itemBehaviours.some((behaviour) => coercion.does(behaviour) && kept[behaviour].has(kind))
}
