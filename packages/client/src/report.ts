import type { Hash } from '@groundwork/primitives'

/** How far a transaction has come. `fast`, `anchored` and `phys` are said of the ledgers that have it, each on its own. */
export interface TransactionReport {
  readonly id: Hash
  /** Where it stands; null: in no block that is known here. */
  readonly included: Inclusion | null
  /** Final on the stake chain. */
  readonly fast: boolean
  /** In a checkpoint that is kappa deep on the physical chain. */
  readonly anchored: boolean
  /** Executed by the order of the physical chain, kappa deep. */
  readonly phys: boolean
  /** Stake that burns if it is ever reverted; null where nobody is slashed: without a certificate, or without the hybrid. */
  readonly valueAtLoss: number | null
  /** Space times time (bytes of space * ms) that a reorganisation of the physical chain below it costs; another thing than stake. */
  readonly spaceTimeCost: bigint | null
}

export type Inclusion =
  | { readonly by: 'stake'; readonly height: number; readonly hash: Hash }
  /** As an item of the physical chain. `code`: executed without effect, and why. */
  | {
      readonly by: 'physical'
      readonly height: number
      readonly hash: Hash | null
      readonly code: string | null
    }

export type Stage = 'included' | 'fast' | 'anchored' | 'phys'
export const stages: readonly Stage[] = ['included', 'fast', 'anchored', 'phys']

export function reached(report: TransactionReport, stage: Stage): boolean {
  return stage === 'included' ? report.included !== null : report[stage]
}

export function unknownTransaction(id: Hash): TransactionReport {
  return {
    id,
    included: null,
    fast: false,
    anchored: false,
    phys: false,
    valueAtLoss: null,
    spaceTimeCost: null,
  }
}
