import type { EpochRecord, HybridFact } from './hybrid-record.ts'

/** Of every record; a reader refuses any other. */
export const traceVersion = 1

/**
 * One line of an event log. `node` is the process (`v1`, `v1-twin`) or `controller`. `monoMs` is the machine's monotonic
 * clock (the same for all processes of one machine; virtual time in the simulator), `wallMs` the wall clock. Hashes and
 * other bytes are lower-case hex.
 */
export type TraceRecord = RecordBase & TraceFact

export interface RecordBase {
  readonly v: 1
  readonly node: string
  readonly monoMs: number
  readonly wallMs: number
  /** On what belongs to a view: the number of its epoch of the stake chain, for views begin anew in each. Absent: 0. */
  readonly stakeEpoch?: number | undefined
}

export type TraceFact =
  | {
      readonly kind: 'node-started'
      /** Position in the validator set of the genesis; null of a key that is not in it. */
      readonly validator: number | null
      readonly signatures: 'ed25519' | 'stand-in'
      readonly pid: number
      readonly epoch: EpochRecord
      readonly byzantine: readonly string[]
    }
  | { readonly kind: 'node-stopped'; readonly reason: string }
  | { readonly kind: 'peer-up'; readonly peer: string }
  | { readonly kind: 'peer-down'; readonly peer: string; readonly reason: string }
  | {
      readonly kind: 'view-entered'
      readonly view: number
      readonly leader: number
      readonly cause: 'start' | 'notar' | 'skip' | 'final'
    }
  | {
      readonly kind: 'proposed'
      readonly view: number
      readonly height: number
      readonly hash: string
      readonly transactions: number
    }
  | {
      readonly kind: 'proposal-received'
      readonly view: number
      readonly height: number
      readonly hash: string
      readonly proposer: number
    }
  | {
      readonly kind: 'proposal-invalid'
      readonly view: number
      readonly hash: string
      readonly proposer: number
      readonly reason: string
    }
  | {
      readonly kind: 'voted'
      readonly view: number
      readonly type: 'notar' | 'skip' | 'final'
      readonly hash: string
    }
  | {
      readonly kind: 'certified'
      readonly view: number
      readonly type: 'notar' | 'skip' | 'final'
      readonly hash: string
      readonly formed: boolean
    }
  /** One per block, oldest first. `proof` is the encoded justified header; `certificate` the encoded FINAL certificate, on the last block that it covers, else null. */
  | {
      readonly kind: 'finalized'
      readonly view: number
      readonly height: number
      readonly hash: string
      readonly parent: string
      readonly proposer: number
      readonly proof: string
      readonly certificate: string | null
      readonly transactions: readonly string[]
    }
  | {
      readonly kind: 'evidence'
      readonly rule: 'S1' | 'S2' | 'S3' | 'S5'
      readonly view: number
      readonly offender: number
      readonly evidence: string
    }
  /** Messages counted and dropped since the last such record. */
  | { readonly kind: 'rejected'; readonly counts: Readonly<Record<string, number>> }
  /** Once a second. CPU as a share of one core since the last; lag: the longest that the event loop was late, ms. */
  | {
      readonly kind: 'resources'
      readonly rssMiB: number
      readonly pssMiB: number | null
      readonly cpuShare: number
      readonly loopLagMsMax: number
    }
  /** Every other second, by peer: round trips since the last such record, to the other program and back. */
  | { readonly kind: 'round-trips'; readonly peers: Readonly<Record<string, RoundTripCount>> }
  | PhysicalFact
  | HybridFact
  /** From the controller. */
  | {
      readonly kind: 'run-started'
      readonly scenario: string
      readonly runtime: string
      readonly seed: number
    }
  /** All nodes are connected and have finalized a block: time 0 of the timeline. */
  | { readonly kind: 'network-ready' }
  | {
      readonly kind: 'fault-began'
      readonly fault: string
      readonly verb: string
      readonly nodes: readonly string[]
      readonly detail: string
      readonly stopsFinality: boolean
    }
  | { readonly kind: 'fault-healed'; readonly fault: string }
  | {
      readonly kind: 'submitted'
      readonly transaction: string
      readonly to: string
      readonly accepted: boolean
      readonly reason: string | null
      /** Absent: to a validator's mempool, of the steady workload. `physical`: as a forced transaction, to a farmer. */
      readonly by?: 'stake' | 'physical' | undefined
      /** It pays, or is paid by, the account that censors are after. */
      readonly target?: boolean | undefined
      /** No transfer: what the validator with this number does with its stake. */
      readonly stake?:
        | { readonly kind: 'bond' | 'unbond'; readonly validator: number; readonly amount: number }
        | undefined
    }
  /** The process of `target` ended. Expected: a fault or the end of the run ended it. */
  | {
      readonly kind: 'node-exited'
      readonly target: string
      readonly code: number | null
      readonly signal: string | null
      readonly expected: boolean
    }
  /** Written before the nodes are stopped: what a node records later takes part in safety checks only. */
  | { readonly kind: 'run-ended'; readonly reason: string }

/** From nodes of the physical chain. Weights, difficulties and sizes are decimal integers; space is modelled. */
export type PhysicalFact =
  | {
      readonly kind: 'farmer-started'
      readonly pid: number
      /** Names the physical chain. */
      readonly chain: string
      readonly engine: 'space' | 'work'
      /** What answers look-ups: plots on disk, hashes per slot, or the simulator's draw of the same distribution. */
      readonly lottery: 'plots' | 'hashes' | 'simulated'
      readonly vdf: 'wesolowski' | 'stand-in' | 'none'
      readonly signatures: 'ed25519' | 'stand-in'
      readonly timelord: boolean
      /** That it farms, registered or not, with the regions that they claim. */
      readonly plots: readonly { readonly plot: string; readonly k: number; readonly region: string }[]
      readonly byzantine: readonly string[]
    }
  /** A slot's delay proof became known; `lateMs` since the slot began by the local clock. */
  | { readonly kind: 'slot-proof'; readonly slot: number; readonly lateMs: number }
  /** A timelord made a slot's proof. `lagSlots`: slots that had begun since. */
  | {
      readonly kind: 'vdf'
      readonly slot: number
      readonly evaluateMs: number
      readonly lagSlots: number
    }
  /** `farmed`: an own block was made; `physical-block`: a valid block was accepted, on whatever fork, own ones too. */
  | ({ readonly kind: 'farmed' } & PhysicalBlockFact)
  | ({ readonly kind: 'physical-block' } & PhysicalBlockFact)
  /**
   * The best chain changed, or the process started with this one. `adopted`, oldest first, ends with `hash`; nothing of
   * the best chain lies above `height`.
   */
  | {
      readonly kind: 'physical-tip'
      readonly height: number
      readonly hash: string
      readonly slot: number
      readonly weight: string
      readonly reverted: number
      readonly adopted: readonly string[]
    }
  /** A change of tip that took back `depth` blocks. */
  | {
      readonly kind: 'reorg'
      readonly depth: number
      readonly fromHeight: number
      readonly fromHash: string
      readonly toHeight: number
      readonly toHash: string
    }
  /** The best chain entered an epoch: who may win in it. */
  | {
      readonly kind: 'physical-epoch'
      readonly epoch: number
      readonly difficulty: string
      readonly space: string
      readonly plots: readonly PlotStanding[]
    }
  /** This node measured how fast a plot answers, and signed it. */
  | {
      readonly kind: 'attested'
      readonly plot: string
      readonly epoch: number
      /** The region that the plot claims. */
      readonly region: string
      /** Whether this node stands in that region. */
      readonly inside: boolean
      readonly rttUs: number
    }
  | { readonly kind: 'farmer-equivocation'; readonly plot: string; readonly slot: number }
  /** Input of the physical chain that was counted and dropped since the last such record. */
  | { readonly kind: 'physical-refused'; readonly counts: Readonly<Record<string, number>> }

export interface PhysicalBlockFact {
  readonly height: number
  readonly hash: string
  readonly slot: number
  readonly plot: string
  readonly items: number
}

export interface PlotStanding {
  readonly plot: string
  readonly region: string
  /** Whether the claimed place counts as proven. */
  readonly located: boolean
  /** S_eff. */
  readonly effective: string
}

export interface RoundTripCount {
  readonly samples: number
  readonly minMs: number
  readonly medianMs: number
}

export type RecordKind = TraceFact['kind']
export type RecordOf<K extends RecordKind> = RecordBase & Extract<TraceFact, { kind: K }>
