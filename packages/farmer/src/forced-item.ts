import { encodeForced } from '@groundwork/hybrid-core'
import { encodeItem } from '@groundwork/physical-core'
import type { Bytes } from '@groundwork/primitives'

/** The item that makes a transaction of the stake chain a forced one: what `POST /v1/items` of a farmer takes, in bytes. */
export function forcedItem(transaction: Bytes): Bytes {
  return encodeItem({ kind: 'forced-transaction', bytes: encodeForced(transaction) })
}
