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
  /** The physical chain accepted blocks of the stake chain, up to `tipHeight`. Refreshing: near enough to put the deadline off. */
  | {
      readonly kind: 'checkpoint'
      readonly height: number
      readonly epoch: number
      readonly blocks: number
      readonly tipHeight: number
      readonly refreshing: boolean
    }
  /** Which chain orders from this physical block on. */
  | { readonly kind: 'mode'; readonly height: number; readonly mode: 'FAST' | 'RECORDED' }
  /** RECORDED: a window was closed, with so much of the stake present. */
  | {
      readonly kind: 'window'
      readonly height: number
      readonly window: number
      readonly justified: boolean
      readonly present: number
      readonly weight: number
    }
  /** Another validator set signs the stake chain, as far as the physical chain confirms it. */
  | { readonly kind: 'epoch'; readonly number: number; readonly id: Hash }
  | { readonly kind: 'slashed'; readonly height: number; readonly validator: string; readonly rule: string }
  /** Something that was reported does not hold. */
  | {
      readonly kind: 'hazard'
      readonly what: string
      readonly reason: string
      readonly lost: readonly { readonly height: number; readonly hash: Hash }[]
    }
  /** A watched transaction reached a stage, or lost one. */
  | {
      readonly kind: 'transaction'
      readonly stage: Stage
      readonly isReached: boolean
      readonly report: TransactionReport
    }
  | SourceEvent
