/**
 * From nodes that follow both chains. What derive makes of a physical block is the same for everybody who has the block:
 * it stands in one `derived` record a block, named by the block's hash. Which blocks lie on a node's best chain is what
 * its `physical-tip` records say, so validators of a hybrid network write those too.
 */
export type HybridFact =
  | {
      readonly kind: 'derived'
      /** Of the physical block, with its hash. */
      readonly height: number
      readonly block: string
      /** After the block. */
      readonly mode: HybridMode
      /** I10. Sparse: at multiples of `rootEveryBlocks` and where the mode or the epoch changed. */
      readonly root: string | null
      /** Where there is a root: all funds there are, by where they are. Decimal integers. */
      readonly supply: SupplyRecord | null
      /** In the order in which they happened. */
      readonly events: readonly HybridEvent[]
    }
  /** Stake blocks that this node answers for in `fast` from now on, oldest first. */
  | { readonly kind: 'delivered'; readonly blocks: readonly StakeBlockName[] }
  /** R5a: final, but held back until the checkpoint is confirmed. */
  | { readonly kind: 'held-back'; readonly blocks: readonly StakeBlockName[] }
  /** Where a ledger that the physical chain vouches for stands now. */
  | {
      readonly kind: 'ledger'
      readonly ledger: 'anchored' | 'phys'
      /** The last block of the stake chain in it. */
      readonly stake: StakeBlockName
      readonly physicalHeight: number
    }
  | {
      readonly kind: 'hazard'
      readonly hazard: HazardName
      readonly reason: string
      /** Of the physical chain: the tip, and the last block that old and new branch share. */
      readonly tip: string
      readonly height: number
      readonly fork: number
      readonly lost: readonly StakeBlockName[]
      readonly instead: readonly StakeBlockName[]
    }
  /** The process signs in this epoch of the stake chain from now on. */
  | { readonly kind: 'epoch-entered'; readonly epoch: EpochRecord }

export type HybridMode = 'FAST' | 'RECORDED'

export interface EpochRecord {
  readonly epochId: string
  readonly chainId: string
  readonly number: number
  readonly genesisHash: string
  readonly seed: string
  readonly validators: readonly { readonly publicKey: string; readonly weight: number }[]
}

export const hazardNames = [
  'confirmed-reverted',
  'fast-reverted',
  'final-void',
  'final-conflict',
  'final-invalid',
] as const
export type HazardName = (typeof hazardNames)[number]

export interface StakeBlockName {
  /** Null: never executed by who tells it. */
  readonly epoch: number | null
  readonly height: number
  readonly hash: string
}

export interface SupplyRecord {
  readonly total: string
  readonly staked: string
  readonly slashed: string
  readonly leaked: string
  readonly fees: string
}

/** Validators and plots are named by their keys, in hexadecimal. Heights are physical, unless called otherwise. */
export type HybridEvent =
  | {
      readonly kind: 'checkpoint-accepted'
      readonly epoch: number
      /** The last block of the stake chain in it; `blocks` of them are new. */
      readonly tip: string
      readonly tipHeight: number
      readonly blocks: number
      readonly anchor: number
      readonly refreshing: boolean
    }
  | { readonly kind: 'checkpoint-rejected'; readonly reason: string }
  /** A forced transaction lies in this block. */
  | { readonly kind: 'forced-posted'; readonly transaction: string }
  /** A forced transaction of the block at `posted` was executed now. `code`: why it had no effect. */
  | {
      readonly kind: 'forced-executed'
      readonly transaction: string
      readonly posted: number
      readonly code: string | null
      readonly by: 'checkpoint' | 'recorded'
    }
  | { readonly kind: 'recorded-began'; readonly needed: number; readonly firstWindow: number }
  | {
      readonly kind: 'window-closed'
      readonly window: number
      readonly target: string
      /** Window of the votes' source; -1: the root. */
      readonly source: number
      readonly present: number
      readonly weight: number
      readonly space: string
      readonly total: string
      readonly justified: boolean
      readonly streak: number
      readonly leaked: readonly ShareRecord[]
      readonly activated: readonly ShareRecord[]
    }
  | { readonly kind: 'target-final'; readonly window: number; readonly target: string }
  | { readonly kind: 'fast-resumed'; readonly validators: readonly ShareRecord[] }
  | { readonly kind: 'epoch-began'; readonly number: number; readonly id: string }
  | { readonly kind: 'slashed'; readonly validator: string; readonly rule: string }
  | { readonly kind: 'banned'; readonly plot: string }
  /** Stake stopped to count, confirmed at `due - U_p`; it may be paid out from `due` on. */
  | { readonly kind: 'unbonding-began'; readonly lot: number; readonly amount: number; readonly due: number }
  | { readonly kind: 'payout'; readonly lot: number; readonly amount: number }
  /** The stake chain, or RECORDED, executed a payout: what was left of the lot by then. */
  | {
      readonly kind: 'paid-out'
      readonly lot: number
      readonly validator: string
      readonly amount: number
    }
  /** An item that means nothing here. */
  | { readonly kind: 'ignored'; readonly item: string; readonly reason: string }

export interface ShareRecord {
  readonly validator: string
  readonly amount: number
}
