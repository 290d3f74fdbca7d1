import type { ItemKind } from '@groundwork/physical-core'
import type { Hash } from '@groundwork/primitives'
import type { Stage, TransactionReport } from './report.ts'
import type { SourceEvent } from './sources.ts'

/** What was verified, and what was not. */
export type ClientEvent =
  /** A block joined the best physical chain. */
  | {
      readonly kind: 'physical'
      readonly height: number
      readonly hash: Hash
      readonly slot: number
      /** Sum of difficulties, of the newest block of a step. */
      readonly weight: bigint | null
      readonly items: readonly ItemKind[]
      /** Blocks that left the best chain for this one and those after it. */
      readonly reverted: number
    }
  /** A block of the stake chain is final. */
  | {
      readonly kind: 'stake'
      readonly epoch: number
      readonly height: number
      readonly hash: Hash
      readonly view: number
      readonly transactions: number
      /** Weight of those who signed the certificate, and of all. */
      readonly signed: number
      readonly total: number
    }
  /** A watched transaction reached a stage, or lost one. */
  | {
      readonly kind: 'transaction'
      readonly stage: Stage
      readonly isReached: boolean
      readonly report: TransactionReport
    }
  | SourceEvent
