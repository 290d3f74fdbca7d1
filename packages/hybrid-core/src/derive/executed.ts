import { type Hash, type Hex, toHex } from '@groundwork/primitives'
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
 * executed once, and all three share one state. Keys say everything that the result depends on: the root of the state
 * before, the physical blocks whose inputs come first, by the last one's hash, and the root of the transactions.
 */
export interface ExecutedBodies {
  get(before: Hash, range: readonly PendingBlock[], transactions: Hash): ExecutedBody | undefined
  set(before: Hash, range: readonly PendingBlock[], transactions: Hash, executed: ExecutedBody): void
}

/** More than the stake chain may be ahead of its checkpoints, by far. */
const maxKept = 128

export function executedBodies(): ExecutedBodies {
  const kept = new Map<Hex, ExecutedBody>()
  const keyOf = (before: Hash, range: readonly PendingBlock[], transactions: Hash): Hex => {
    const last = range.at(-1)
    return `${toHex(before)}${last === undefined ? '' : toHex(last.hash)}:${range.length}:${toHex(transactions)}`
  }
  return {
    get: (before, range, transactions) => kept.get(keyOf(before, range, transactions)),
    set(before, range, transactions, executed) {
      kept.set(keyOf(before, range, transactions), executed)
      for (const oldest of kept.keys()) {
        if (kept.size <= maxKept) break
        kept.delete(oldest)
      }
    },
  }
}
