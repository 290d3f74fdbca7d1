import type { HybridParameters } from '@groundwork/hybrid-core'
import type { Link } from '@groundwork/wan'

/** What a runtime is told to do: a scenario with every default filled in, every selector resolved that can be, all times in milliseconds. Plain JSON. */
export interface Plan {
  readonly version: 1
  readonly scenario: string
  readonly description: string
  /** What the scenario teaches; empty if it does not say. */
  readonly lesson: string
  readonly seed: number
  readonly runtime: RuntimeName
  /** Validators in the order of their indices, then farmers. */
  readonly nodes: readonly PlannedNode[]
  /** Absent without farmers. */
  readonly physical?: PlannedPhysical
  /** What ties the stake chain to the physical chain; absent: the stake chain is on its own (ledger `stake`). */
  readonly hybrid?: PlannedHybrid
  /** Of a sweep; absent: the scenario has none. */
  readonly point?: PlannedPoint
  readonly workload: Workload
  /** In the order of their times. */
  readonly timeline: readonly PlannedFault[]
  readonly checks: readonly Check[]
  /** The run ends here (ms after the network is ready). */
  readonly durationMs: number
  readonly parameters: PlannedParameters
  /** One-way base delays between regions, ms, by region name. */
  readonly delays: Readonly<Record<string, Readonly<Record<string, number>>>>
}

export type RuntimeName = 'simulated' | 'process' | 'docker'

export type PlannedNode = PlannedValidator | PlannedFarmer

export interface PlannedValidator {
  /** `v1`, ...; a twin is `v1-twin`. */
  readonly name: string
  readonly role: 'validator'
  /** Position in the validator set; twins share it. */
  readonly validator: number
  readonly weight: number
  readonly twinOf: string | null
  readonly labels: Labels
}

/** A node of the physical chain. */
export interface PlannedFarmer {
  /** `f1`, ... */
  readonly name: string
  readonly role: 'farmer'
  /** Position among the farmers. */
  readonly farmer: number
  /** Number of its plots; 0: it follows the chain (and may be a timelord). */
  readonly plots: number
  /** Size of each; 0 under proof of work. */
  readonly k: number
  /** The region that its plots claim; where it stands is in the labels. */
  readonly claims: string
  /** Evaluates the VDF of every slot. */
  readonly timelord: boolean
  /** How far its clock is ahead (behind if negative), ms. */
  readonly skewMs: number
  readonly behaviour: FarmerBehaviour | null
  readonly labels: Labels
}

/**
 * What a farmer may do against its program.
 * - private-fork: mines a chain of its own in silence and shows it when it is heavier, but never before its depth.
 * - censor-items: its blocks carry no forced transactions, no evidence and no votes, and it passes none on.
 * - withhold-checkpoints: its blocks carry no checkpoints.
 * - orphan-items: beside one or both of these: it never builds on a block that carries what it keeps back, however heavy
 *   that chain is. Votes of nodes that are coerced at the same time are let through.
 * - double-farm: two blocks of one plot in one slot, one to each half of its peers.
 */
export const farmerBehaviours = [
  'private-fork',
  'censor-items',
  'withhold-checkpoints',
  'orphan-items',
  'double-farm',
] as const
export type FarmerBehaviour = (typeof farmerBehaviours)[number]

/**
 * What a validator may do against its program. The target account is the last of the genesis ledger, one more than the
 * workload's `accounts`.
 * - censor: leaves transactions to or from the target account out, and withholds votes from blocks with one, forced or not.
 * - withhold: does not send its NOTAR and FINAL votes.
 * - stall: sends nothing on the stake chain, neither votes nor proposals; votes in RECORDED, so that nothing leaks.
 * - stale-anchor: proposes with its parent's anchor, and votes for stale ones.
 * - omit-forced: proposes, and votes for, blocks that leave out the forced transactions of their range.
 * - bad-state: proposes, and votes for, blocks with a wrong state root.
 * - withhold-bodies: sends headers and certificates, never bodies.
 */
export const validatorBehaviours = [
  'censor',
  'withhold',
  'stall',
  'stale-anchor',
  'omit-forced',
  'bad-state',
  'withhold-bodies',
] as const
export type ValidatorBehaviour = (typeof validatorBehaviours)[number]

export type Behaviour = ValidatorBehaviour | FarmerBehaviour

export const ledgerNames = ['stake', 'hybrid'] as const
export type LedgerName = (typeof ledgerNames)[number]

export function ledgerOf(plan: Pick<Plan, 'hybrid'>): LedgerName {
  return plan.hybrid === undefined ? 'stake' : 'hybrid'
}

/** Lengths are blocks of the physical chain. */
export interface PlannedHybrid {
  readonly profile: PhysicalProfile
  /** `kappa` is the physical chain's. */
  readonly parameters: HybridParameters
}

/** What every node of the physical chain agrees on. Integers; milli are thousandths. */
export interface PlannedPhysical {
  readonly profile: PhysicalProfile
  readonly engine: 'space' | 'work'
  /** Of the VDF of a slot; null: challenges are hashes, and nothing secures the past. */
  readonly squarings: number | null
  readonly slotMs: number
  readonly epochSlots: number
  readonly seedLagSlots: number
  readonly winnersPerSlotMilli: number
  readonly kappa: number
  /** f: a place needs 2f + 1 of 3f + 1 challengers of its region. */
  readonly locationFaults: number
  readonly outsideChallengers: number
  readonly locationGraceEpochs: number
  readonly unlocatedMilli: number
  readonly regionCapMilli: number
  readonly regionFloorMilli: number
  /** Challengers of a region must measure no more, ms. */
  readonly nearMs: number
  /** Those that farmers stand in or claim, in the order of the nodes. */
  readonly regions: readonly string[]
}

export const physicalProfileNames = ['ci', 'demo', 'adversarial'] as const
export type PhysicalProfile = (typeof physicalProfileNames)[number]

export function isValidator(node: PlannedNode): node is PlannedValidator {
  return node.role !== 'farmer'
}

export function validatorsOf(nodes: readonly PlannedNode[]): readonly PlannedValidator[] {
  return nodes.filter(isValidator)
}

/** The process that somebody runs with a validator's key once it is seized. */
export function seizedName(name: string): string {
  return `${name}-seized`
}

export function farmersOf(nodes: readonly PlannedNode[]): readonly PlannedFarmer[] {
  return nodes.filter((node) => node.role === 'farmer')
}

export interface Labels {
  readonly region: string
  readonly cloud: string
  readonly jurisdiction: string
  readonly entity: string
}

export interface Workload {
  /** Transfers per second, open loop; 0 for none. */
  readonly ratePerSecond: number
  readonly accounts: number
  /** Transfers beside the steady ones; absent: none. */
  readonly streams?: readonly PlannedStream[]
  /** In the order of the file; absent: none. */
  readonly stake?: readonly PlannedStakeRequest[]
}

/** A validator turns funds of its account into stake, or asks for stake back. */
export interface PlannedStakeRequest {
  readonly kind: 'bond' | 'unbond'
  readonly validator: number
  readonly amount: number
  /** As for streams. */
  readonly by: PlannedStream['by']
  /** After readiness. */
  readonly atMs: number
  /** Counted by validator, in the order of time. */
  readonly nonce: number
}

/** Where on the axis of a sweep this run stands. */
export interface PlannedPoint {
  readonly variable: string
  readonly value: number
  readonly label: string
}

/** A run of transfers that are looked at one by one. */
export interface PlannedStream {
  /** `stake`: to the validators' mempools; `physical`: posted as forced transactions with the farmers. */
  readonly by: 'stake' | 'physical'
  /** `target`: to the account that censors are after. */
  readonly to: 'target' | 'any'
  /** The first, ms after readiness. */
  readonly fromMs: number
  readonly everyMs: number
  readonly count: number
}

export interface PlannedParameters {
  readonly minViewTimeMs: number
  readonly timeoutBaseMs: number
  readonly timeoutMaxMs: number
  readonly standstillMs: number
}

/** When: milliseconds after the network is ready. A repeated fault is planned as several. */
export interface PlannedFault {
  /** `1-partition`, unique in the plan. */
  readonly id: string
  readonly atMs: number
  /** null: until the run ends. */
  readonly forMs: number | null
  readonly action: FaultAction
}

/** Of keys that somebody seizes. */
export type SeizedUse = 'twins' | 'rewrite'

export type FaultAction =
  /** Links between different groups are cut; nodes in no group keep all links. */
  | { readonly verb: 'partition'; readonly groups: readonly Target[]; readonly cut: 'blackhole' | 'reset' }
  /** Links from `from` to `to` are cut, the other direction stays. */
  | {
      readonly verb: 'one-way'
      readonly from: Target
      readonly to: Target
      readonly cut: 'blackhole' | 'reset'
    }
  | {
      readonly verb: 'shape'
      readonly from: Target
      readonly to: Target
      readonly set: Partial<Omit<Link, 'cut'>>
    }
  /** A partition that opens and closes with the period, half of it each. */
  | {
      readonly verb: 'flap'
      readonly groups: readonly Target[]
      readonly periodMs: number
      readonly cut: 'blackhole' | 'reset'
    }
  /** kill: SIGKILL, restarted from its disk when healed; stop: SIGTERM, likewise; pause: SIGSTOP, continued when healed; wipe: kill and lose the disk. */
  | { readonly verb: 'kill' | 'stop' | 'pause' | 'wipe'; readonly target: Target }
  /** These nodes misbehave until it is healed, and count as faulty for the whole run. */
  | { readonly verb: 'coerce'; readonly target: Target; readonly behaviours: readonly Behaviour[] }
  /**
   * Somebody else gets copies of these validators' keys. `twins`: runs a second process of each, which nobody had before;
   * `rewrite`: signs another history in the place of the newest `depth` final blocks (null: of all since the genesis), and
   * shows it to who asks. Its processes and nodes outside `reach` (null: everybody) do not hear each other.
   */
  | {
      readonly verb: 'seize-keys'
      readonly target: Target
      readonly use: SeizedUse
      readonly depth: number | null
      readonly reach: readonly string[] | null
    }

/** Node names fixed at planning time, or `leader`, which is known only when the fault begins. */
export type Target =
  | { readonly kind: 'nodes'; readonly nodes: readonly string[] }
  | { readonly kind: 'leader' }

export const invariantNames = [
  'I1',
  'I2',
  'I3',
  'I4',
  'I5',
  'I6',
  'I7',
  'I8',
  'I9',
  'I10',
  'I11',
  'I12',
  'I13',
  'I15',
] as const
/** As in docs/hybrid.md. I14, that the physical chain is oblivious, takes two runs to see. */
export type InvariantName = (typeof invariantNames)[number]

export type Check =
  /** This invariant is meant to break, and no other: it passes if it breaks. */
  | { readonly check: 'expect-broken'; readonly invariant: InvariantName }
  /** A number among the metrics of the run lies within these bounds. */
  | {
      readonly check: 'metric'
      readonly name: string
      readonly min: number | null
      readonly max: number | null
    }
  | { readonly check: 'agreement' }
  | { readonly check: 'no-false-blame' }
  /** Conflicting finality is expected, and the evidence must name at least 2q - W and nobody honest. */
  | { readonly check: 'accountability'; readonly expect: 'no-conflict' | 'conflict' }
  | { readonly check: 'finality-gap'; readonly maxMs: number; readonly nodes: Target | null }
  /** First finality after every heal (`after: heal`) within the bound. */
  | { readonly check: 'recovery'; readonly withinMs: number }
  /** No block is finalized by `nodes` from `settleMs` after each partition begins until it heals. */
  | { readonly check: 'halts'; readonly during: 'fault'; readonly settleMs: number }
  /** At the end all honest live nodes have the same final height, give or take `blocks`. */
  | { readonly check: 'caught-up'; readonly blocks: number }
  | { readonly check: 'min-height'; readonly height: number }
  /** Physical: blocks on the best chain per slot since readiness, in thousandths. `nodes`: the worst of these; null: of the farmers that run at the end. */
  | {
      readonly check: 'physical-growth'
      readonly minMilli: number
      readonly maxMilli: number | null
      readonly nodes: Target | null
    }
  /** Physical: at the end, best chains of all running farmers agree but for the newest `kappa` blocks; null: kappa of the chain. */
  | { readonly check: 'physical-agreement'; readonly kappa: number | null }
  /** Physical: the deepest reorg of any farmer. */
  | { readonly check: 'reorg'; readonly minDepth: number | null; readonly maxDepth: number | null }
  /** Physical: some farmer counted and dropped input for this reason. */
  | { readonly check: 'refused'; readonly reason: string; readonly min: number }
  /** Physical: no region has more of the effective space, in the last epoch of any farmer's best chain. */
  | { readonly check: 'region-share'; readonly maxMilli: number; readonly region: string | null }
  /** Physical: whether the claimed places of these nodes' plots count as proven at the end. */
  | { readonly check: 'located'; readonly nodes: Target; readonly expect: 'proven' | 'unproven' }
  /** Physical: the longest time in which none of these farmers' best chain grew. */
  | { readonly check: 'physical-gap'; readonly maxMs: number; readonly nodes: Target | null }
  /** Physical: nothing joins a best chain of these farmers from a time after the fault (all of them if null) began until it heals. */
  | {
      readonly check: 'physical-halts'
      readonly fault: string | null
      readonly nodes: Target | null
      readonly settleMs: number
    }
  /** Physical: how often a private chain of each share of the space outgrows `kappa` confirmations, over many drawn races. */
  | {
      readonly check: 'private-chain'
      readonly kappa: number
      readonly races: number
      readonly bounds: readonly { readonly shareMilli: number; readonly min: number; readonly max: number }[]
    }
  /** At least so many views which some nodes left by a notarization and others by a skip certificate. */
  | { readonly check: 'mixed-views'; readonly min: number }
