import { decodeItem, type Item, itemHashOf } from '@groundwork/physical-core'
import { CodedError, fromHex, toHex } from '@groundwork/primitives'

export interface SubmittedItem {
  /** Hash of the item; null for what is none. */
  readonly hash: string | null
  readonly accepted: boolean
  readonly reason: string | null
}

export interface ItemIntakeInit {
  /** Why its bytes are no good, or null. */
  check(item: Item): string | null
  /** Hands an item to the core; why it was refused, or null. */
  offer(item: Item): string | null
}

/** Items that clients want on the chain: hexadecimal, one by one. */
export function createItemIntake({ check, offer }: ItemIntakeInit) {
  const take = (encoded: string): SubmittedItem => {
    let item: Item
    try {
      item = decodeItem(fromHex(encoded))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      return { hash: null, accepted: false, reason: error.code.toLowerCase().replaceAll('_', '-') }
    }
    const hash = toHex(itemHashOf(item))
    const reason = check(item) ?? offer(item)
    return { hash, accepted: reason === null, reason }
  }
  return (encoded: readonly string[]): readonly SubmittedItem[] => encoded.map(take)
}
