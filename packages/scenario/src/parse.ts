import * as z from 'zod'
import { CHECKS, type CheckEntry, defaultChecks } from './check.ts'
import { VERBS } from './faults/index.ts'
import type { FaultEntry } from './faults/verb.ts'
import { dig, problemsOf } from './issue.ts'
import { readNetwork, type ScenarioNetwork } from './network.ts'
import {
  type Check,
  type FaultAction,
  type LedgerName,
  ledgerNames,
  type RuntimeName,
  type Workload,
} from './plan.ts'
import { type Path, type Problem, quote, type Source, scenarioError } from './problem.ts'
import { outerSchema, RUNTIMES, type WorkloadEntry } from './schema.ts'
import type { StakeRequestEntry } from './stake-requests.ts'
import { valid } from './suggest.ts'
import { readSweep, type Sweep, substitute, sweepSchema } from './sweep.ts'
import { readYaml } from './yaml-source.ts'

/** A scenario file, validated, defaults filled in; selectors are still words. Times in milliseconds. Plain data. */
export interface Scenario {
  readonly name: string
  readonly description: string
  readonly lesson: string
  readonly runtimes: readonly RuntimeName[]
  readonly ledger: LedgerName
  readonly sweep: Sweep | null
  /** Of the sweep. */
  readonly point: number
  readonly network: ScenarioNetwork
  readonly workload: Workload
  readonly stakeRequests: readonly StakeRequestEntry[]
  /** In the order of the file. */
  readonly timeline: readonly FaultEntry[]
  readonly checks: readonly CheckEntry[]
  /** Checks of one ledger only. */
  readonly expect: Readonly<Record<LedgerName, readonly CheckEntry[]>>
  /** null: some time after the last heal. */
  readonly durationMs: number | null
  readonly source: Source
}

/**
 * Reads a scenario file; of a sweep the point with this number. Throws a CodedError SCENARIO_SYNTAX or SCENARIO_INVALID
 * whose message is one line.
 */
export function parseScenario(text: string, fileName: string, point: number = 0): Scenario {
  const { value, source } = readYaml(text, fileName)
  const sweep = sweepOf(value)
  const set = sweep?.points[point]?.set ?? {}
  const scenario = sweep === null ? value : substitute(value, set)
  const raw = (typeof scenario === 'object' && scenario !== null ? scenario : {}) as Record<string, unknown>
  const timeline = readItems(raw.timeline, ['timeline'], readFault)
  const checks = readItems(raw.checks, ['checks'], readCheck)
  const own: Path = ['sweep', 'points', point, 'expect']
  const expect = ledgerNames.map((ledger) => {
    const lists = [readItems(dig(raw, ['expect', ledger]), ['expect', ledger], readCheck)]
    if (sweep !== null) lists.push(readItems(dig(raw, [...own, ledger]), [...own, ledger], readCheck))
    return [ledger, lists] as const
  })
  const outer = outerSchema.safeParse(scenario)
  const problems = [
    ...problemsOf(outerSchema, scenario, []),
    ...timeline.problems,
    ...checks.problems,
    ...expect.flatMap(([, lists]) => lists.flatMap((list) => list.problems)),
  ]
  if (!outer.success || problems.length > 0) throw scenarioError('SCENARIO_INVALID', source, problems)
  const { name, description, lesson, runtimes, ledger, workload, duration } = outer.data
  const network = readNetwork(outer.data.network ?? {}, source)
  return {
    name: name ?? nameOf(fileName),
    description: description ?? '',
    lesson: lesson ?? '',
    runtimes: [...new Set(runtimes ?? RUNTIMES)],
    ledger: ledger ?? 'stake',
    sweep,
    point,
    network,
    workload: readWorkload(workload ?? {}),
    stakeRequests: workload?.stake ?? [],
    timeline: timeline.items,
    checks: checks.items.length > 0 ? checks.items : defaultChecks(network),
    expect: Object.fromEntries(
      expect.map(([of, lists]) => [of, lists.flatMap((list) => list.items)]),
    ) as unknown as Scenario['expect'],
    durationMs: duration ?? null,
    source,
  }
}

/** null without one, or with one that the schema refuses. */
function sweepOf(value: unknown): Sweep | null {
  const entry = sweepSchema(z.unknown()).safeParse(dig(value, ['sweep']))
  return entry.success ? readSweep(entry.data) : null
}

function readWorkload({ rate, accounts, streams }: WorkloadEntry): Workload {
  const planned = (streams ?? []).map(({ by, to, from, every, count }) => ({
    by,
    to: to ?? 'any',
    fromMs: from ?? 0,
    everyMs: every,
    count,
  }))
  const steady = { ratePerSecond: rate ?? 50, accounts: accounts ?? 16 }
  return planned.length === 0 ? steady : { ...steady, streams: planned }
}

function nameOf(fileName: string): string {
  return (fileName.split(/[\\/]/).at(-1) ?? '').replace(/\.ya?ml$/, '') || 'scenario'
}

type Read<T> = { readonly value: T } | { readonly problems: readonly Problem[] }

function readItems<T>(
  list: unknown,
  at: Path,
  read: (item: unknown, path: Path) => Read<T>,
): { readonly items: readonly T[]; readonly problems: readonly Problem[] } {
  const items: T[] = []
  const problems: Problem[] = []
  // Anything but a list is refused by the outer schema.
  for (const [i, item] of (Array.isArray(list) ? list : []).entries()) {
    const result = read(item, [...at, i])
    if ('value' in result) items.push(result.value)
    else problems.push(...result.problems)
  }
  return { items, problems }
}

/** One entry of a timeline; `path` is where it stands. */
export function readFault(item: unknown, path: Path): Read<FaultEntry> {
  const one = (text: string, at: Path = path): Read<FaultEntry> => ({ problems: [{ path: at, text }] })
  const verbs = Object.keys(VERBS)
  if (typeof item !== 'object' || item === null || Array.isArray(item)) {
    return one(`${quote(item)} is not a fault: a mapping such as { at: 10s, fault: kill, target: one }`)
  }
  if (!('fault' in item)) {
    const near = Object.keys(item).find((key) => valid(key, ['fault']).includes('did you mean'))
    if (near !== undefined) return one('unknown key, did you mean "fault"?', [...path, near])
    return one(`the key fault is missing; valid: ${verbs.join(', ')}`)
  }
  if (typeof item.fault !== 'string' || !Object.hasOwn(VERBS, item.fault)) {
    return one(`${quote(item.fault)} is not a fault${valid(`${item.fault}`, verbs)}`, [...path, 'fault'])
  }
  const { schema } = VERBS[item.fault as FaultAction['verb']]
  const problems = problemsOf(schema, item, path)
  return problems.length > 0 ? { problems } : { value: schema.parse(item) }
}

function readCheck(item: unknown, path: Path): Read<CheckEntry> {
  const one = (text: string): Read<CheckEntry> => ({ problems: [{ path, text }] })
  const entries = typeof item === 'string' ? [[item, {}]] : isMapping(item) ? Object.entries(item) : []
  const [entry] = entries
  if (entry === undefined || entries.length > 1) {
    return one(
      `${quote(item)} is not a check: a name such as agreement, or one name with arguments such as { recovery: { within: 5s } }`,
    )
  }
  const [name, args] = entry as [string, unknown]
  if (!Object.hasOwn(CHECKS, name))
    return one(`${quote(name)} is not a check${valid(name, Object.keys(CHECKS))}`)
  const check = name as Check['check']
  const problems = problemsOf(CHECKS[check].schema, args ?? {}, [...path, name])
  return problems.length > 0
    ? { problems }
    : { value: { check, args: CHECKS[check].schema.parse(args ?? {}), path: [...path, name] } }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
