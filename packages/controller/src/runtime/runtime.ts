import type { Plan, RuntimeName } from '@groundwork/scenario'
import type { TraceRecord } from '@groundwork/trace'
import type { Capabilities, LinkChange } from '@groundwork/wan'
import type { RunFolder } from '../run-folder.ts'
import type { CoercionControl } from './misbehaviour.ts'

/** A way to run a plan. What it cannot do it declares, and the planner refuses the scenario before anything starts. */
export interface Runtime {
  readonly name: RuntimeName
  readonly capabilities: Capabilities
  /** Whether a run takes as long as its plan says. */
  readonly clock: 'real' | 'virtual'
  /** One line each, printed before anything else. */
  readonly real: string
  readonly emulated: string
  /** Throws in one line if this machine cannot run it at all; asked before anything is printed or started. */
  preflight?(): Promise<void>
  /** What takes long and is no part of a run, such as building programs. Once, before the first run. */
  prepare?(init: PrepareInit): Promise<void>
  /** Runs the plan to its end, or until `signal` aborts; leaves no process behind either way. */
  execute(plan: Plan, context: RunContext): Promise<RunEnd>
}

export interface PrepareInit {
  readonly signal: AbortSignal
  /** A line for whoever waits. */
  say(line: string): void
}

export interface RunContext {
  readonly folder: RunFolder
  /** From `run-started` to `run-ended`: what the controller did (and, in the simulator, what the nodes did), as it happens. */
  record(record: TraceRecord): void
  /** Records that the nodes wrote themselves, as they are read back: for progress only. */
  observe(record: TraceRecord): void
  /** A line for whoever waits: what takes long, what was chosen and why. */
  say(line: string): void
  readonly signal: AbortSignal
  /** Whether the nodes' disks stay in the run folder. */
  readonly keep: boolean
}

export interface RunEnd {
  /** What was the harness's or the machine's fault; not empty makes the run invalid. */
  readonly problems: readonly string[]
  /** A fingerprint of all events in order, of a runtime that can repeat itself exactly. */
  readonly auditHash?: string
  /** What was emulated, if that was known only once the network was up. */
  readonly emulated?: string
  /** What the runtime measured of itself; units last in the names. */
  readonly measures?: Readonly<Record<string, number>>
}

/** Nodes that run in real time. The timeline and the workload know nothing else of a runtime. */
export interface Network {
  readonly links: LinkControl
  readonly coercion: CoercionControl
  /** Somebody runs a second process with this validator's key, where its owner stands. */
  seize(validator: string): Promise<void>
  /** Ends that process. */
  release(validator: string): Promise<void>
  /** A process of this name shows another history, signed with the keys of validators. */
  showHistory(name: string, order: HistoryOrder): Promise<void>
  /** Ends that process. */
  hideHistory(name: string): Promise<void>
  /** SIGKILL or its like: nothing unsynced survives. */
  kill(node: string): Promise<void>
  /** An orderly end. */
  stop(node: string): Promise<void>
  pause(node: string): Promise<void>
  resume(node: string): Promise<void>
  /** Kills the node and loses its disk. */
  wipe(node: string): Promise<void>
  /** Starts a node that was ended, from what is on its disk; resolves when it answers. */
  restart(node: string): Promise<void>
  isRunning(node: string): boolean
  /** To a validator's mempool, or to a farmer as forced ones. Never rejects: an unreachable node is an answer too. */
  submit(node: string, transactions: readonly Uint8Array[]): Promise<readonly SubmitAnswer[]>
}

export interface HistoryOrder {
  /** Whose keys sign it. */
  readonly keys: readonly string[]
  /** So many of the newest final blocks are replaced; null: all since the genesis. */
  readonly depth: number | null
}

/** Both return, or resolve, when the change is in force. */
export interface LinkControl {
  apply(change: LinkChange): void | Promise<void>
  /** Idempotent. */
  remove(owner: string): void | Promise<void>
}

export interface SubmitAnswer {
  readonly accepted: boolean
  readonly reason: string | null
  /** False: nobody answered; another node may be asked. */
  readonly reached: boolean
}
