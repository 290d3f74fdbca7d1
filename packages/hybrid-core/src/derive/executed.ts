import { forgetOldest, type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { Execution } from '../stake/index.ts'
import type { ForcedReceipt } from './segment.ts'
import type { PendingBlock } from './state.ts'

/** What FI-1 and a body of good transactions made of a state. */
export interface ExecutedBody {
  readonly execution: Execution
  readonly receipts: readonly ForcedReceipt[]
}

/**
 * The last bodies that were executed. A node meets most of them three times: proposed, final, and in a checkpoint. They are
 * executed once, and all three share one state. The same is what has the same root before, the very same inputs of the
 * physical chain first, and the same transactions.
 */
export interface ExecutedBodies {
  get(before: Hash, range: readonly PendingBlock[], transactions: Hash): ExecutedBody | undefined
  set(before: Hash, range: readonly PendingBlock[], transactions: Hash, executed: ExecutedBody): void
}

/** More than the stake chain may be ahead of its checkpoints, by far. */
const maxKept = 128

export function executedBodies(): ExecutedBodies {
  const kept = new Map<Hex, { readonly range: readonly PendingBlock[]; readonly executed: ExecutedBody }>()
  const keyOf = (before: Hash, transactions: Hash): Hex => `${toHex(before)}${toHex(transactions)}`
  return {
    get(before, range, transactions) {
      const known = kept.get(keyOf(before, transactions))
      return known !== undefined && isSameRange(known.range, range) ? known.executed : undefined
    },
    set(before, range, transactions, executed) {
      kept.set(keyOf(before, transactions), { range, executed })
      forgetOldest(kept, maxKept)
    },
  }
}

/** By identity: a block has one list of inputs in a process, and who is given another one is to execute that. */
function isSameRange(a: readonly PendingBlock[], b: readonly PendingBlock[]): boolean {
  return a.length === b.length && a.every(({ inputs }, i) => inputs === b[i]!.inputs)
}
