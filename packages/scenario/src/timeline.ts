import { prng } from '@groundwork/primitives'
import { contradiction } from './consistency.ts'
import { VERBS } from './faults/index.ts'
import type { FaultEntry } from './faults/verb.ts'
import type { Scenario } from './parse.ts'
import type { FaultAction, PlannedFault } from './plan.ts'
import { fail, type Path } from './problem.ts'
import { formatDuration } from './quantity.ts'

const SETTLE_MS = 15_000
const UNHEALED_MS = 30_000
const QUIET_MS = 20_000
/** More faults than this are a mistake in the file, and would make planning slow. */
const FAULTS_MAX = 2000

/** A planned fault and the entry of the file that it comes from. */
export interface TimelineFault {
  readonly fault: PlannedFault
  readonly path: Path
}

/** Repeats expanded, selectors resolved, in the order of time, contradictions refused. */
export function planTimeline(
  scenario: Scenario,
  seed: number,
): { readonly faults: readonly TimelineFault[]; readonly durationMs: number } {
  const { source } = scenario
  const drafts: { atMs: number; forMs: number | null; action: FaultAction; path: Path }[] = []
  scenario.timeline.forEach((entry, i) => {
    const path: Path = ['timeline', i]
    for (let k = 0; k < occurrences(scenario, entry, path); k++) {
      const random = prng(seed).split(`fault ${i}.${k}`)
      const actions = VERBS[entry.fault].resolve(
        entry,
        { nodes: scenario.network.nodes, prng: random, source },
        path,
      )
      for (const action of actions) {
        drafts.push({ atMs: entry.at + k * (entry.every ?? 0), forMs: entry.for ?? null, action, path })
      }
    }
    if (drafts.length > FAULTS_MAX) {
      fail('SCENARIO_INVALID', source, path, `gives more than ${FAULTS_MAX} faults; repeat less often`)
    }
  })
  drafts.sort((a, b) => a.atMs - b.atMs)
  const faults = drafts.map(({ path, ...draft }, i) => ({
    fault: { id: `${i + 1}-${draft.action.verb}`, ...draft },
    path,
  }))
  const durationMs = scenario.durationMs ?? defaultDuration(faults)
  for (const { fault, path } of faults) refuseLate(scenario, fault, path, durationMs)
  const found = contradiction(
    faults.map(({ fault }) => fault),
    scenario.network.nodes,
  )
  if (found !== null) {
    const path = faults.find(({ fault }) => fault === found.fault)?.path ?? []
    fail(
      'SCENARIO_CONFLICT',
      source,
      path,
      `${found.fault.id} at ${formatDuration(found.fault.atMs)} contradicts ${found.other.id}: ${found.text}; heal that first or choose other targets`,
    )
  }
  return { faults, durationMs }
}

function occurrences(scenario: Scenario, entry: FaultEntry, path: Path): number {
  const { source } = scenario
  if (entry.every === undefined) {
    if (entry.times !== undefined)
      fail('SCENARIO_INVALID', source, [...path, 'times'], 'needs every, the interval of the repetition')
    return 1
  }
  if (entry.for === undefined || entry.for >= entry.every) {
    const lasting =
      entry.for === undefined ? 'for is missing' : `for ${formatDuration(entry.for)} is too long`
    fail(
      'SCENARIO_CONFLICT',
      source,
      [...path, 'every'],
      `${lasting}: each must be healed before the next begins, ${formatDuration(entry.every)} later`,
    )
  }
  if (entry.times !== undefined) return entry.times
  if (scenario.durationMs === null) {
    return fail('SCENARIO_INVALID', source, [...path, 'every'], 'needs times, or the scenario a duration')
  }
  // As often as it is healed before the run ends; once at least, so that a late one is refused by name.
  return Math.max(1, Math.floor((scenario.durationMs - entry.at - entry.for) / entry.every) + 1)
}

function refuseLate(scenario: Scenario, fault: PlannedFault, path: Path, durationMs: number): void {
  const end = formatDuration(durationMs)
  if (fault.atMs >= durationMs) {
    fail(
      'SCENARIO_CONFLICT',
      scenario.source,
      [...path, 'at'],
      `${fault.id} begins at ${formatDuration(fault.atMs)}, but the run ends at ${end}; lengthen duration or begin earlier`,
    )
  }
  if (fault.forMs !== null && fault.atMs + fault.forMs > durationMs) {
    fail(
      'SCENARIO_CONFLICT',
      scenario.source,
      [...path, 'for'],
      `${fault.id} heals at ${formatDuration(fault.atMs + fault.forMs)}, but the run ends at ${end}; lengthen duration, or leave out for if it is not to heal`,
    )
  }
}

function defaultDuration(faults: readonly TimelineFault[]): number {
  const ends = faults.map(({ fault }) =>
    fault.forMs === null ? fault.atMs + UNHEALED_MS : fault.atMs + fault.forMs + SETTLE_MS,
  )
  return Math.max(QUIET_MS, ...ends)
}
