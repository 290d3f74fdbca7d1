import { type DistributionStep, type Duration, distribution } from './quantile.ts'
import type { Run } from './run.ts'

/** One submitted transaction. Times are `monoMs`. */
export interface TracedTransaction {
  readonly id: string
  readonly submittedMs: number
  /** The first finalization by any honest node; null if there was none. */
  readonly finalizedMs: number | null
  /** A node refused it, and no block carried it all the same. */
  readonly rejected: boolean
}

/** submitted = finalized + rejected + pending: nothing is dropped. */
export interface TransactionSummary {
  readonly submitted: number
  readonly finalized: number
  readonly rejected: number
  readonly pending: number
  /** Of the latency from submission to finality; pending ones count as right-censored at the end of the run. */
  readonly latency: readonly DistributionStep[]
  readonly latencyMsMax: number | null
  /** How long the oldest pending one had waited when the run ended. */
  readonly pendingMsMax: number | null
  readonly all: readonly TracedTransaction[]
}

export function traceTransactions(run: Run): TracedTransaction[] {
  const finalMs = new Map<string, number>()
  for (const record of run.firstFinal.values()) {
    for (const id of record.transactions) {
      const known = finalMs.get(id)
      if (known === undefined || record.monoMs < known) finalMs.set(id, record.monoMs)
    }
  }
  const submitted = new Map<string, { submittedMs: number; accepted: boolean }>()
  for (const record of run.controller.of('submitted')) {
    // Forced ones are looked at by themselves: no block of the stake chain lists them.
    if (record.by === 'physical') continue
    const known = submitted.get(record.transaction)
    if (known === undefined) {
      submitted.set(record.transaction, { submittedMs: record.monoMs, accepted: record.accepted })
    } else if (record.accepted) known.accepted = true
  }
  return [...submitted].map(([id, { submittedMs, accepted }]) => {
    const finalizedMs = finalMs.get(id) ?? null
    return { id, submittedMs, finalizedMs, rejected: finalizedMs === null && !accepted }
  })
}

export function summarizeTransactions(run: Run, all: readonly TracedTransaction[]): TransactionSummary {
  const durations: Duration[] = []
  let rejected = 0
  let latencyMsMax: number | null = null
  let pendingMsMax: number | null = null
  for (const { submittedMs, finalizedMs, rejected: refused } of all) {
    const ms = Math.max(0, (finalizedMs ?? run.endedMs) - submittedMs)
    if (refused) rejected++
    else durations.push({ ms, censored: finalizedMs === null })
    if (finalizedMs !== null) latencyMsMax = Math.max(latencyMsMax ?? 0, ms)
    else if (!refused) pendingMsMax = Math.max(pendingMsMax ?? 0, ms)
  }
  const pending = durations.filter(({ censored }) => censored).length
  return {
    submitted: all.length,
    finalized: durations.length - pending,
    rejected,
    pending,
    latency: distribution(durations),
    latencyMsMax,
    pendingMsMax,
    all,
  }
}
