import { CodedError, fromHex, type Hex, toHex } from '@groundwork/primitives'
import type { AdmittedTransaction, Admitter, StakeCore } from '@groundwork/stake-core'

export interface SubmitResult {
  /** Null for what is no transaction at all. */
  readonly id: Hex | null
  readonly accepted: boolean
  readonly reason: string | null
}

export interface IntakeInit {
  readonly admitter: Pick<Admitter, 'transaction'>
  readonly core: Pick<StakeCore, 'transactionFault'>
  /** A batch for the own pool and for everybody else's. */
  readonly onBatch: (batch: readonly AdmittedTransaction[]) => void
}

/** Takes clients' transactions, checks them, and hands them on in batches. */
export interface Intake {
  submit(encoded: readonly string[]): SubmitResult[]
  stop(): void
}

/** Gossip pays per message, not per byte. */
const batchEveryMs = 50
const maxBatch = 1_000
const maxWaiting = 10_000

export function createIntake({ admitter, core, onBatch }: IntakeInit): Intake {
  const waiting = new Map<Hex, AdmittedTransaction>()
  let timer: NodeJS.Timeout | undefined

  const flush = (): void => {
    timer = undefined
    const batch = [...waiting.values()].slice(0, maxBatch)
    for (const { id } of batch) waiting.delete(toHex(id))
    onBatch(batch)
    if (waiting.size > 0) timer = setTimeout(flush, batchEveryMs)
  }

  const take = (encoded: string): SubmitResult => {
    let transaction: AdmittedTransaction
    try {
      transaction = admitter.transaction(fromHex(encoded))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      return { id: null, accepted: false, reason: error.code.toLowerCase().replaceAll('_', '-') }
    }
    const id = toHex(transaction.id)
    const fault = waiting.has(id) ? 'known' : core.transactionFault(transaction)
    if (fault !== null) return { id, accepted: false, reason: fault }
    if (waiting.size >= maxWaiting) return { id, accepted: false, reason: 'busy' }
    waiting.set(id, transaction)
    timer ??= setTimeout(flush, batchEveryMs)
    return { id, accepted: true, reason: null }
  }

  return {
    submit: (encoded) => encoded.map(take),
    stop() {
      clearTimeout(timer)
      waiting.clear()
    },
  }
}
