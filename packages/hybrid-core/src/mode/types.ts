/** A height of the physical chain. */
export type Height = number
/** Counted from the physical genesis on every fork alike: window w is about the block at height w * windowBlocks. */
export type Window = number
/** A validator's public key or a plot's id in hexadecimal; the model uses any names. */
export type Key = string

/** The physical block that a window's votes are about. */
export interface Target {
  readonly window: Window
  /** In hexadecimal. */
  readonly hash: Key
}

/** Source of votes while nothing is justified since RECORDED began: the same on every fork, below every window. */
export const rootSource: Target = { window: -1, hash: '' }

/** Space as it stood before the stall; nothing that happens later adds to it. */
export interface SpaceSnapshot {
  readonly plots: ReadonlyMap<Key, bigint>
  readonly total: bigint
}

/** Stake that waits to be counted. */
export interface QueuedDeposit {
  readonly validator: Key
  readonly amount: number
  /** Windows closed since. */
  readonly age: number
}

/** Everything that RECORDED keeps beside what FAST keeps. */
export interface Recorded {
  readonly trigger: Height
  /** w0: earlier windows are never closed. */
  readonly firstWindow: Window
  /** V' with what the leak has left of its weights. */
  readonly validators: ReadonlyMap<Key, number>
  readonly snapshot: SpaceSnapshot
  readonly needed: number
  readonly streak: number
  /** The window whose block exists and whose votes are still counted. */
  readonly open: (Target & { readonly source: Target }) | null
  /** Of the open window: validators, and plots, whose votes counted. */
  readonly present: ReadonlySet<Key>
  readonly space: ReadonlySet<Key>
  /** The highest justified target, or the root. */
  readonly justified: Target
  readonly finalised: Target | null
  /** Oldest first. */
  readonly deposits: readonly QueuedDeposit[]
  /** Closed windows in a row without a single validator. */
  readonly silentWindows: number
}

/** After a physical block: a pure function of the blocks up to it. */
export interface ModeState {
  readonly height: Height
  /** Height of the last refreshing checkpoint, or of the last exit. */
  readonly lastCheckpoint: Height
  readonly backoff: number
  /** FAST blocks in a row towards taking back one doubling. */
  readonly fastBlocks: number
  /** Exits so far. */
  readonly exits: number
  /** Plots that may not vote any more. */
  readonly banned: ReadonlySet<Key>
  /** Null in FAST. */
  readonly recorded: Recorded | null
}

/** What a physical block brings, as far as the mode goes. Signatures and proofs are somebody else's matter. */
export type ModeInput =
  /** A checkpoint that was accepted. */
  | { readonly kind: 'checkpoint'; readonly anchor: Height }
  | {
      readonly kind: 'recorded-vote'
      readonly validator: Key
      readonly target: Target
      readonly source: Target
    }
  | { readonly kind: 'space-vote'; readonly plot: Key; readonly target: Target }
  | { readonly kind: 'ban'; readonly plot: Key }
  /** A proven offence: counts at once in RECORDED. */
  | { readonly kind: 'slash'; readonly validator: Key }
  | { readonly kind: 'deposit'; readonly validator: Key; readonly amount: number }

/** What RECORDED starts with. */
export interface TriggerFacts {
  /** The set of the last accepted checkpoint without the slashed. */
  readonly validators: ReadonlyMap<Key, number>
  readonly snapshot: SpaceSnapshot
  /** Deposits that were on their way. */
  readonly deposits: readonly QueuedDeposit[]
}

export interface Share {
  readonly validator: Key
  readonly amount: number
}

/** What a block did to the mode. */
export type ModeEvent =
  | { readonly kind: 'refreshed'; readonly height: Height; readonly anchor: Height }
  | {
      readonly kind: 'trigger'
      readonly height: Height
      readonly needed: number
      readonly firstWindow: Window
    }
  | {
      readonly kind: 'window-closed'
      readonly target: Target
      readonly source: Target
      readonly present: number
      readonly weight: number
      readonly space: bigint
      readonly total: bigint
      readonly justified: boolean
      readonly streak: number
      readonly leaked: readonly Share[]
      readonly activated: readonly Share[]
    }
  | { readonly kind: 'finalised'; readonly target: Target }
  | { readonly kind: 'exit'; readonly height: Height; readonly validators: ReadonlyMap<Key, number> }
