import type { Plan } from './plan.ts'

/** Accounts of the genesis ledger by what they are for, in this order; each has a balance. */
export interface AccountLayout {
  /** Senders of the steady workload. */
  readonly steady: number
  /** One sender for each transfer of each stream, so that none waits for another's nonce. */
  readonly streams: readonly number[]
  /** The account that censors are after: the last one. Null in plans in which nothing concerns it. */
  readonly target: number | null
  readonly total: number
}

export function accountLayout({ workload, timeline }: Pick<Plan, 'workload' | 'timeline'>): AccountLayout {
  const streams = (workload.streams ?? []).map(({ count }) => count)
  const senders = streams.reduce((sum, count) => sum + count, workload.accounts)
  const hasTarget = streams.length > 0 || timeline.some(({ action }) => action.verb === 'coerce')
  return {
    steady: workload.accounts,
    streams,
    target: hasTarget ? senders : null,
    total: senders + (hasTarget ? 1 : 0),
  }
}
