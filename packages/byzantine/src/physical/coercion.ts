import { decodeRecordedVote, decodeSpaceVote } from '@groundwork/hybrid-core'
import type { Item, ItemKind } from '@groundwork/physical-core'
import { type Bytes, CodedError } from '@groundwork/primitives'

/**
 * What a coerced farmer may be made to do to items.
 * - censor-items: its blocks hold no forced transactions, no evidence and no votes of others, and it passes none on.
 * - withhold-checkpoints: its blocks hold no checkpoints, and it passes none on.
 */
export const itemBehaviours = ['censor-items', 'withhold-checkpoints'] as const
export type ItemBehaviour = (typeof itemBehaviours)[number]

export interface FarmerCoercion {
  does(behaviour: ItemBehaviour | 'orphan-items' | 'double-farm' | 'private-fork'): boolean
  /** Whose key belongs to another node that the same make misbehave, validator or farmer: its votes are let through. */
  isAccomplice(publicKey: Bytes): boolean
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
export function isKeptBack(coercion: FarmerCoercion, item: Item): boolean {
  if (!itemBehaviours.some((behaviour) => coercion.does(behaviour) && kept[behaviour].has(item.kind)))
    return false
  const voter = voterOf(item)
  return voter === null || !coercion.isAccomplice(voter)
}

/** Whose vote it claims to be. */
function voterOf(item: Item): Bytes | null {
  try {
    if (item.kind === 'recorded-vote') return decodeRecordedVote(item.bytes).validator
    return item.kind === 'space-vote' ? decodeSpaceVote(item.bytes).farmer : null
  } catch (error) {
    if (error instanceof CodedError) return null
    throw error
  }
}
