import {
  farmersOf,
  type Plan,
  type PlannedFarmer,
  type PlannedNode,
  type PlannedValidator,
  validatorsOf,
} from '@groundwork/scenario'
import { type FaultWindow, faultWindows } from './faults.ts'
import type { RecordKind, RecordOf, TraceRecord } from './record.ts'

/** A merged event log, indexed: what every check and metric reads. Times are `monoMs`. */
export interface Run {
  readonly plan: Plan
  /** The processes of validators. */
  readonly nodes: readonly RunNode[]
  /** Nodes of the physical chain. */
  readonly farmers: readonly RunFarmer[]
  /** Validators and farmers. */
  readonly processes: readonly RunProcess[]
  /** Validators' nodes whose validator has no twin and a key of its own, is never coerced and never lost its disk. */
  readonly honest: readonly RunNode[]
  readonly faulty: ReadonlySet<number>
  readonly stake: Stake
  readonly controller: RecordsByKind
  readonly faults: readonly FaultWindow[]
  readonly startedMs: number | null
  /** Time 0 of the timeline; null if the network never became ready. */
  readonly readyMs: number | null
  readonly endedMs: number
  readonly signatures: 'ed25519' | 'stand-in' | null
  /** The first finalization of each block by an honest node, in order of time. */
  readonly firstFinal: ReadonlyMap<string, RecordOf<'finalized'>>
}

export interface RunNode extends RunProcess {
  readonly planned: PlannedValidator
}

export interface RunFarmer extends RunProcess {
  readonly planned: PlannedFarmer
}

export interface RunProcess {
  readonly name: string
  readonly planned: PlannedNode
  readonly region: string
  readonly honest: boolean
  readonly records: RecordsByKind
  /** All records of the node, in order of time. */
  readonly all: readonly TraceRecord[]
  /** One per start of the process. */
  readonly lives: readonly Life[]
}

export interface Life {
  readonly fromMs: number
  /** When it was seen to end, or its successor began; null if it lasted. */
  readonly toMs: number | null
  readonly records: readonly TraceRecord[]
}

export interface Stake {
  /** By validator index. */
  readonly weights: readonly number[]
  readonly total: number
  /** q = floor(2W/3) + 1. */
  readonly quorum: number
  readonly faulty: number
  /** 2q - W: two quorums overlap in at least this weight, so a conflict proves at least this much guilty. */
  readonly overlap: number
}

export interface RecordsByKind {
  of<K extends RecordKind>(kind: K): readonly RecordOf<K>[]
}

/** `records` are merged and in order of time. */
export function indexRun(plan: Plan, records: readonly TraceRecord[]): Run {
  const byNode = Map.groupBy(records, (record) => record.node)
  const controller = recordsByKind(byNode.get('controller') ?? [])
  const endedMs = controller.of('run-ended')[0]?.monoMs ?? records.at(-1)?.monoMs ?? 0
  const faults = faultWindows(plan, controller, endedMs)
  const faulty = faultyValidators(plan, records, faults)
  for (const own of byNode.values()) nameEpochs(own)
  const processOf = ({ name, labels }: PlannedNode): Omit<RunProcess, 'planned' | 'honest'> => {
    const all = byNode.get(name) ?? []
    return { name, region: labels.region, records: recordsByKind(all), all, lives: livesOf(all) }
  }
  const nodes = validatorsOf(plan.nodes).map(
    (planned): RunNode => ({
      ...processOf(planned),
      planned,
      honest: !faulty.has(planned.validator),
    }),
  )
  const coerced = new Set(faults.filter(({ verb }) => verb === 'coerce').flatMap((fault) => fault.nodes))
  const farmers = farmersOf(plan.nodes).map((planned): RunFarmer => {
    const process = processOf(planned)
    const starts = process.records.of('farmer-started')
    const honest =
      planned.behaviour === null &&
      !coerced.has(planned.name) &&
      starts.every(({ byzantine }) => byzantine.length === 0)
    return { ...process, planned, honest }
  })
  const honest = nodes.filter((node) => node.honest)
  return {
    plan,
    nodes,
    farmers,
    processes: [...nodes, ...farmers],
    honest,
    faulty,
    stake: stakeOf(plan, faulty),
    controller,
    faults,
    startedMs: controller.of('run-started')[0]?.monoMs ?? null,
    readyMs: controller.of('network-ready')[0]?.monoMs ?? null,
    endedMs,
    signatures: signaturesOf([...nodes, ...farmers]),
    firstFinal: firstFinalizations(honest),
  }
}

/**
 * Names the epoch of the stake chain that a record belongs to: by the id that its node had entered. Two forks of the
 * physical chain may start epochs of one number, whose views and heights have nothing to do with each other.
 */
export function epochOf(record: TraceRecord): string {
  return epochNames.get(record) ?? `${record.stakeEpoch ?? 0}`
}

const epochNames = new WeakMap<TraceRecord, string>()

/** `records` of one node, in order of time. */
function nameEpochs(records: readonly TraceRecord[]): void {
  const entered = new Map<number, string>()
  for (const record of records) {
    if (record.kind === 'epoch-entered') entered.set(record.epoch.number, record.epoch.epochId)
    const { stakeEpoch = 0 } = record
    const id = stakeEpoch === 0 ? undefined : entered.get(stakeEpoch)
    if (id !== undefined) epochNames.set(record, `${stakeEpoch} (${id.slice(0, 8)})`)
  }
}

function signaturesOf(processes: readonly RunProcess[]): Run['signatures'] {
  for (const { records } of processes) {
    const [start] = [...records.of('node-started'), ...records.of('farmer-started')]
    if (start !== undefined) return start.signatures
  }
  return null
}

export function recordsByKind(records: readonly TraceRecord[]): RecordsByKind {
  const groups = Map.groupBy(records, (record) => record.kind)
  return { of: (kind) => (groups.get(kind) ?? []) as never }
}

const faultyVerbs: ReadonlySet<string> = new Set(['wipe', 'coerce', 'seize-keys'])

/** Twins and seized keys, programs that misbehave, and wiped disks (they may have forgotten what they signed). */
function faultyValidators(
  plan: Plan,
  records: readonly TraceRecord[],
  faults: readonly FaultWindow[],
): Set<number> {
  const validators = validatorsOf(plan.nodes)
  const validatorOf = new Map(validators.map((node) => [node.name, node.validator]))
  const faulty = new Set(validators.filter((node) => node.twinOf !== null).map((node) => node.validator))
  for (const record of records) {
    if (record.kind === 'node-started' && record.byzantine.length > 0) faulty.add(record.validator ?? -1)
  }
  for (const fault of faults.filter(({ verb }) => faultyVerbs.has(verb))) {
    for (const name of fault.nodes) faulty.add(validatorOf.get(name) ?? -1)
  }
  faulty.delete(-1)
  return faulty
}

function stakeOf(plan: Plan, faulty: ReadonlySet<number>): Stake {
  const weights: number[] = []
  for (const node of validatorsOf(plan.nodes)) weights[node.validator] = node.weight
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const quorum = Math.floor((2 * total) / 3) + 1
  return { weights, total, quorum, faulty: weightOf(weights, faulty), overlap: 2 * quorum - total }
}

/** The summed weight of distinct validators. */
export function weightOf(weights: readonly number[], validators: Iterable<number>): number {
  let weight = 0
  for (const validator of new Set(validators)) weight += weights[validator] ?? 0
  return weight
}

function livesOf(records: readonly TraceRecord[]): Life[] {
  const starts = records.flatMap((record, i) =>
    record.kind === 'node-started' || record.kind === 'farmer-started' ? [i] : [],
  )
  return starts.map((start, i) => {
    const next = starts[i + 1]
    const own = records.slice(start, next)
    const stopped = own.find((record) => record.kind === 'node-stopped')
    const toMs = stopped?.monoMs ?? (next === undefined ? null : own.at(-1)!.monoMs)
    return { fromMs: own[0]!.monoMs, toMs, records: own }
  })
}

function firstFinalizations(honest: readonly RunNode[]): Map<string, RecordOf<'finalized'>> {
  const first = new Map<string, RecordOf<'finalized'>>()
  const records = honest.flatMap((node) => node.records.of('finalized')).sort((a, b) => a.monoMs - b.monoMs)
  for (const record of records) {
    if (!first.has(record.hash)) first.set(record.hash, record)
  }
  return first
}

/** Whether the node's process was up and running when the run ended, as far as faults and its own log say. */
export function aliveAtEnd(run: Run, node: RunProcess): boolean {
  const down = run.faults.some(
    (fault) => fault.stopsProcess && fault.healedMs === null && fault.nodes.includes(node.name),
  )
  const last = node.lives.at(-1)
  return !down && last !== undefined && (last.toMs === null || last.toMs >= run.endedMs)
}
