import { hybridProfiles } from '@groundwork/hybrid-core'
import { seconds } from './checks/check.ts'
import type { Finding } from './fidelity.ts'
import { largest, quantile } from './quantile.ts'
import type { RecordOf } from './record.ts'
import type { Run } from './run.ts'

/** How long after its beginning the first honest farmer knew the delay proof of a slot, while some timelord was up. */
export interface SlotLateness {
  readonly slots: number
  readonly p95Ms: number
  readonly maxMs: number
  /** Tips that are so old are not signed on (R12), whatever is on the chain. */
  readonly staleMs: number
}

/** Of slots within half of the stale bound; beyond it a block of that slot is likely to come too late as well. */
const timelyShare = 0.95

/** null where time is not the machine's, or no slot was judged. */
export function slotLateness(run: Run): SlotLateness | null {
  const { physical, hybrid, runtime } = run.plan
  if (physical === undefined || runtime === 'simulated' || run.readyMs === null) return null
  const { slotMs } = physical
  const late = lateSlots(run, slotMs)
  const [p95Ms, maxMs] = [quantile(late, timelyShare), largest(late)]
  if (p95Ms === null || maxMs === null) return null
  const { staleSlots } = hybrid?.parameters ?? hybridProfiles.ci
  return { slots: late.length, p95Ms, maxMs, staleMs: staleSlots * slotMs }
}

/** Slots that came too late on a machine that runs all nodes: validators stop and deadlines pass without a fault. */
export function slotFindings(lateness: SlotLateness | null, slotMs: number): Finding[] {
  if (lateness === null) return []
  const { p95Ms, maxMs, staleMs } = lateness
  const stop = `validators stop at ${seconds(staleMs)}`
  if (maxMs >= staleMs)
    return [
      {
        grade: 'bad',
        detail: `A slot of ${seconds(slotMs)} was known ${seconds(maxMs)} late (${stop}): the machine was too slow for its timelords.`,
      },
    ]
  if (p95Ms > staleMs / 2)
    return [
      {
        grade: 'bad',
        detail: `One slot of ${seconds(slotMs)} in twenty was known ${seconds(p95Ms)} late or later (${stop}): the machine was too slow for its timelords.`,
      },
    ]
  if (p95Ms <= 2 * slotMs) return []
  return [
    {
      grade: 'degraded',
      detail: `One slot of ${seconds(slotMs)} in twenty was known ${seconds(p95Ms)} late or later: the physical chain shows the machine too.`,
    },
  ]
}

/** By the clock of a farmer without skew, ms; one for every slot, the one that was not known at the end included. */
function lateSlots(run: Run, slotMs: number): number[] {
  const honest = run.farmers.filter((farmer) => farmer.honest)
  const first = new Map<number, number>()
  let zeroMs: number | null = null
  for (const { planned, records } of honest) {
    for (const { slot, lateMs, monoMs } of records.of('slot-proof') as RecordOf<'slot-proof'>[]) {
      if (monoMs > run.endedMs) break
      const late = lateMs - planned.skewMs
      first.set(slot, Math.min(late, first.get(slot) ?? late))
      zeroMs = Math.min(monoMs - late - slot * slotMs, zeroMs ?? Number.POSITIVE_INFINITY)
    }
  }
  if (zeroMs === null) return []
  const begin = zeroMs
  const next = (largest(first.keys()) as number) + 1
  const missing = run.endedMs - (begin + next * slotMs)
  if (missing > 0) first.set(next, missing)
  const excused = timelessSpans(run)
  return [...first].flatMap(([slot, late]) => {
    const ms = begin + slot * slotMs
    const isExcused = excused.some(({ fromMs, toMs }) => ms + late > fromMs && ms < toMs)
    return ms < (run.readyMs as number) || isExcused ? [] : [late]
  })
}

/** While faults have every timelord down, and as long again: two slots are caught up in the time of one. */
function timelessSpans(run: Run): { readonly fromMs: number; readonly toMs: number }[] {
  const timelords = run.farmers.filter(({ planned }) => planned.timelord)
  const isDown = (name: string, ms: number): boolean =>
    run.faults.some(
      ({ stopsProcess, nodes, beganMs, toMs }) =>
        stopsProcess && nodes.includes(name) && beganMs <= ms && ms < toMs,
    )
  return run.faults
    .filter(({ beganMs }) => timelords.every(({ name }) => isDown(name, beganMs)))
    .map(({ beganMs }) => {
      const ends = run.faults.filter(({ beganMs: from, toMs }) => from <= beganMs && beganMs < toMs)
      const backMs = Math.min(...timelords.map(({ name }) => upAgain(ends, name)))
      return { fromMs: beganMs, toMs: backMs + (backMs - beganMs) + startMs }
    })
}

/** A process that comes back reads its store first. */
const startMs = 5000

function upAgain(faults: Run['faults'], name: string): number {
  return Math.max(
    ...faults
      .filter(({ stopsProcess, nodes }) => stopsProcess && nodes.includes(name))
      .map(({ toMs }) => toMs),
  )
}
