import { closure, planDelays } from './bound.ts'
import { median } from './quantile.ts'
import type { Run } from './run.ts'

/** How long proposals travelled between two regions, against the delay table. One way, ms. */
export interface LinkFidelity {
  readonly from: string
  readonly to: string
  /** The shortest path over the regions of the run: a proposal may be relayed. */
  readonly requestedMs: number
  readonly observedP50Ms: number
  readonly samples: number
  readonly verdict: 'ok' | 'too-fast' | 'slow'
}

const samplesMin = 5

/** From undisturbed blocks after readiness: nothing that the run changed on purpose counts. */
export function linkFidelity(run: Run): LinkFidelity[] {
  const delays = closure(planDelays(run.plan))
  const index = new Map(run.nodes.map((node, i) => [node.name, i]))
  const proposed = new Map(
    run.nodes.flatMap((node) =>
      node.records.of('proposed').map((r) => [r.hash, { node, ms: r.monoMs }] as const),
    ),
  )
  const pairs = new Map<string, { from: string; to: string; requestedMs: number; observedMs: number[] }>()
  for (const node of run.nodes) {
    for (const { hash, monoMs } of node.records.of('proposal-received')) {
      const source = proposed.get(hash)
      if (source === undefined || source.node === node || disturbed(run, source.ms, monoMs)) continue
      const key = `${source.node.region}>${node.region}`
      const requestedMs = delays[index.get(source.node.name)!]![index.get(node.name)!]!
      const pair = pairs.get(key) ?? {
        from: source.node.region,
        to: node.region,
        requestedMs,
        observedMs: [],
      }
      pair.observedMs.push(monoMs - source.ms)
      pairs.set(key, pair)
    }
  }
  return [...pairs.values()]
    .filter(({ observedMs }) => observedMs.length >= samplesMin)
    .map(({ from, to, requestedMs, observedMs }) => {
      const observedP50Ms = median(observedMs)!
      const tooFast = observedP50Ms < 0.9 * requestedMs - 1
      const verdict = tooFast ? 'too-fast' : observedP50Ms > 1.5 * requestedMs + 20 ? 'slow' : 'ok'
      return { from, to, requestedMs, observedP50Ms, samples: observedMs.length, verdict } as const
    })
    .sort((a, b) => (a.from + a.to < b.from + b.to ? -1 : 1))
}

function disturbed(run: Run, fromMs: number, toMs: number): boolean {
  if (run.readyMs === null || fromMs < run.readyMs || toMs > run.endedMs) return true
  return run.faults.some((fault) => fromMs <= fault.toMs && toMs >= fault.beganMs)
}
