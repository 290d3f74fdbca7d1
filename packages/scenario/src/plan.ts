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
  readonly nodes: readonly PlannedNode[]
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

export interface PlannedNode {
  /** `v1`, ...; a twin is `v1-twin`. */
  readonly name: string
  readonly role: 'validator'
  /** Position in the validator set; twins share it. */
  readonly validator: number
  readonly weight: number
  readonly twinOf: string | null
  readonly labels: Labels
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

/** Node names fixed at planning time, or `leader`, which is known only when the fault begins. */
export type Target =
  | { readonly kind: 'nodes'; readonly nodes: readonly string[] }
  | { readonly kind: 'leader' }

export type Check =
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
  /** At least so many views which some nodes left by a notarization and others by a skip certificate. */
  | { readonly check: 'mixed-views'; readonly min: number }
