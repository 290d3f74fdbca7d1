import { transactionId } from '@groundwork/ledger'
import type { Hash } from '@groundwork/primitives'
import type { Height, Key, ModeEvent } from '../mode/index.ts'
import type { OffenceRule } from '../stake/index.ts'
import type { ForcedReceipt } from './segment.ts'

/** What deriving a physical block brought to light: for logs, checkers and clients. Nothing depends on it. */
export type DeriveRecord =
  | {
      readonly kind: 'checkpoint-accepted'
      readonly height: Height
      readonly epoch: number
      readonly blocks: number
      /** Height and hash of the last block. */
      readonly tipHeight: number
      readonly tip: Hash
      readonly anchor: Height
      readonly refreshing: boolean
    }
  | { readonly kind: 'checkpoint-rejected'; readonly height: Height; readonly reason: string }
  /** The block carries a forced transaction: from here on D counts. */
  | { readonly kind: 'posted'; readonly height: Height; readonly id: Hash }
  /** A forced transaction was executed: by what, and of which block it is. `code` is null if it had its effect. */
  | {
      readonly kind: 'forced'
      /** Of the block in which it was executed. */
      readonly height: Height
      readonly id: Hash
      readonly posted: Height
      readonly code: string | null
      readonly by: 'checkpoint' | 'recorded'
    }
  | { readonly kind: 'slashed'; readonly height: Height; readonly validator: Key; readonly rule: OffenceRule }
  | { readonly kind: 'banned'; readonly height: Height; readonly plot: Key }
  /** Stake has stopped to count; it is paid out once `due`. */
  | {
      readonly kind: 'unbonding'
      readonly height: Height
      readonly lot: number
      readonly amount: number
      readonly due: Height
    }
  | { readonly kind: 'payout-due'; readonly height: Height; readonly lot: number; readonly amount: number }
  /** It was paid out: what was left of it by then. */
  | {
      readonly kind: 'paid-out'
      readonly height: Height
      readonly lot: number
      readonly validator: Key
      readonly amount: number
    }
  | { readonly kind: 'epoch'; readonly height: Height; readonly number: number; readonly id: Hash }
  | { readonly kind: 'mode'; readonly height: Height; readonly event: ModeEvent }
  /** An item that means nothing here. */
  | { readonly kind: 'ignored'; readonly height: Height; readonly item: string; readonly reason: string }

export function recordReceipts(
  receipts: readonly ForcedReceipt[],
  height: Height,
  by: 'checkpoint' | 'recorded',
  records: DeriveRecord[],
): void {
  for (const { input, posted, outcome } of receipts) {
    if (input.kind === 'payout' && outcome.withdrawal !== undefined)
      records.push({ kind: 'paid-out', height, lot: input.lot, ...outcome.withdrawal })
    if (input.kind !== 'forced') continue
    const id = transactionId(input.transaction)
    records.push({ kind: 'forced', height, id, posted, code: outcome.code, by })
  }
}
