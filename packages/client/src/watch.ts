import type { Hash } from '@groundwork/primitives'
import type { ClientEvent } from './event.ts'
import { reached, stages, type TransactionReport, unknownTransaction } from './report.ts'

export interface Watch {
  /** Something changed: says which stages were reached. */
  look(): void
}

/** Looks after transactions, and says what changes. */
export function createWatch(
  ids: readonly Hash[],
  transaction: (id: Hash) => TransactionReport,
  onEvent: (event: ClientEvent) => void,
): Watch {
  const known = ids.map((id) => ({ id, report: unknownTransaction(id) }))
  return {
    look() {
      for (const entry of known) {
        const report = transaction(entry.id)
        for (const stage of stages) {
          const isReached = reached(report, stage)
          if (isReached !== reached(entry.report, stage))
            onEvent({ kind: 'transaction', stage, isReached, report })
        }
        entry.report = report
      }
    },
  }
}
