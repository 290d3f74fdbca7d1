import type { HybridEvent, TraceRecord } from '../../packages/trace/src/index.ts'
import { judged, planOf } from './plans.ts'

export type Run = ReturnType<typeof judged>
type Of<K extends TraceRecord['kind']> = Extract<TraceRecord, { kind: K }>

export function recordsOf<K extends TraceRecord['kind']>({ records }: Run, kind: K): Of<K>[] {
  return records.filter((record): record is Of<K> => record.kind === kind)
}

/** Validators of equal weight, by region; one farmer for each tenth of the space, by region. */
export interface Shape {
  readonly validators: Readonly<Record<string, number>>
  readonly farmers: Readonly<Record<string, number>>
  readonly profile?: 'ci' | 'demo'
  readonly hybrid?: string
}

/** Enough for a leak to halve without rounding. */
const weight = 1024

export function hybridRun(shape: Shape, text: string, seed = 1): Run {
  const { validators, farmers, profile = 'ci', hybrid = '{}' } = shape
  const entries = Object.entries(validators).flatMap(([region, count]) =>
    Array.from({ length: count }, () => `    - { weight: ${weight}, region: ${region} }`),
  )
  return judged(
    planOf(
      `ledger: hybrid
network:
  validators:
${entries.join('\n')}
  physical:
    farmers: ${JSON.stringify(farmers)}
    plots: 1
    profile: ${profile}
    parameters: { cap: 100%, unlocated: 100% }
  hybrid: ${hybrid}
${text}
`,
      seed,
    ),
  )
}

export interface Told {
  readonly height: number
  readonly block: string
  readonly monoMs: number
  readonly event: HybridEvent
}

/** What a node derived, in the order in which it did. */
export function eventsOf<K extends HybridEvent['kind']>(
  run: Run,
  node: string,
  kind: K,
): (Told & { readonly event: Extract<HybridEvent, { kind: K }> })[] {
  return recordsOf(run, 'derived')
    .filter((record) => record.node === node)
    .flatMap(({ height, block, monoMs, events }) =>
      events
        .filter((event): event is Extract<HybridEvent, { kind: K }> => event.kind === kind)
        .map((event) => ({ height, block, monoMs, event })),
    )
}

/** Blocks of a node's best chain at the end, by hash. */
export function bestChain(run: Run, node: string): Set<string> {
  const best: string[] = []
  for (const record of recordsOf(run, 'physical-tip')) {
    if (record.node !== node) continue
    best.length = record.height + 1 - record.adopted.length
    best.push(...record.adopted)
  }
  return new Set(best)
}

/** Forced transactions on a node's best chain: blocks from posting to execution; null: not executed. */
export function inclusions(run: Run, node: string): Map<string, number | null> {
  const best = bestChain(run, node)
  const waited = new Map<string, number | null>()
  for (const { event, block } of eventsOf(run, node, 'forced-posted')) {
    if (best.has(block)) waited.set(event.transaction, null)
  }
  for (const { height, event, block } of eventsOf(run, node, 'forced-executed')) {
    if (best.has(block)) waited.set(event.transaction, height - event.posted)
  }
  return waited
}
