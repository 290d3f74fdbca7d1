import type { Plan } from '@groundwork/scenario'
import type { RecordsByKind } from './run.ts'

/** A fault as it happened. Times are `monoMs`. */
export interface FaultWindow {
  readonly id: string
  readonly verb: string
  /** The nodes it hit; for a partition all nodes in its groups. */
  readonly nodes: readonly string[]
  readonly detail: string
  readonly stopsFinality: boolean
  /** Its nodes are down or frozen while it lasts. */
  readonly stopsProcess: boolean
  readonly beganMs: number
  /** null: never healed. */
  readonly healedMs: number | null
  /** healedMs, or the end of the run. */
  readonly toMs: number
}

const processVerbs: ReadonlySet<string> = new Set(['kill', 'stop', 'pause', 'wipe'])

/** In order of their beginnings. */
export function faultWindows(plan: Plan, controller: RecordsByKind, endedMs: number): FaultWindow[] {
  const healed = new Map(controller.of('fault-healed').map((record) => [record.fault, record.monoMs]))
  return controller.of('fault-began').map((record) => {
    const planned = plan.timeline.find((fault) => fault.id === record.fault)
    const verb = planned?.action.verb ?? record.verb
    // What is healed only as the run is taken down was in force until its end.
    const at = healed.get(record.fault)
    const healedMs = at === undefined || at >= endedMs ? null : at
    return {
      id: record.fault,
      verb,
      nodes: record.nodes,
      detail: record.detail,
      stopsFinality: record.stopsFinality,
      stopsProcess: processVerbs.has(verb),
      beganMs: record.monoMs,
      healedMs,
      toMs: healedMs ?? endedMs,
    }
  })
}

export function activeAt(faults: readonly FaultWindow[], ms: number): FaultWindow[] {
  return faults.filter((fault) => fault.beganMs <= ms && ms < fault.toMs)
}
