import type { TraceFact } from '@groundwork/trace'
import { createEventHub, type EventHub } from './event-hub.ts'
import type { CommonMetrics, RoundTrips } from './metrics.ts'
import { createRejectCounts } from './reject-counts.ts'
import { createResourceSampler, type Resources } from './resources.ts'
import type { CommonConfig } from './settings.ts'
import { createTraceWriter } from './trace-writer.ts'

export interface ReportingInit {
  readonly config: Pick<CommonConfig, 'name' | 'trace'>
  readonly metrics: Pick<CommonMetrics, 'rejected' | 'sampled' | 'roundTrips'>
  /** Counters of the transport since its start; those named `rejected.*` are reported. */
  readonly transportCounters: () => Readonly<Record<string, number>>
  /** Since the last call, by peer. */
  readonly takeRoundTrips: () => readonly RoundTrips[]
  /** Once a second, with what was refused since the last time. */
  readonly onSample?: (resources: Resources) => void
}

/** What every node tells the outside: event log, event stream, and once a second its resources and what it refused. */
export interface Reporting {
  fact(fact: TraceFact): void
  rejected(reason: string): void
  readonly hub: EventHub
  close(): void
}

const sampleEveryMs = 1_000
/** Every so many samples of resources. */
const roundTripsEvery = 2
const transportPrefix = 'rejected.'

export function createReporting(init: ReportingInit): Reporting {
  const { config, metrics } = init
  const hub = createEventHub()
  const rejects = createRejectCounts()
  const sampler = createResourceSampler()
  const trace = createTraceWriter({ node: config.name, file: config.trace, onRecord: hub.publish })
  let counted: Readonly<Record<string, number>> = {}

  const reportRejects = (): void => {
    const counters = init.transportCounters()
    for (const [name, count] of Object.entries(counters)) {
      const more = count - (counted[name] ?? 0)
      if (more > 0 && name.startsWith(transportPrefix)) rejects.add(name.slice(transportPrefix.length), more)
    }
    counted = counters
    const counts = rejects.take()
    if (counts === null) return
    metrics.rejected(counts)
    trace.write({ kind: 'rejected', counts })
  }

  const reportRoundTrips = (): void => {
    const taken = init.takeRoundTrips()
    if (taken.length === 0) return
    metrics.roundTrips(taken)
    const peers = taken.map(({ peer, samples, minMs, medianMs }) => {
      return [peer, { samples, minMs: toHundredths(minMs), medianMs: toHundredths(medianMs) }] as const
    })
    trace.write({ kind: 'round-trips', peers: Object.fromEntries(peers) })
  }

  let ticks = 0
  const timer = setInterval(() => {
    const resources = sampler.sample()
    metrics.sampled(resources)
    trace.write({ kind: 'resources', ...resources })
    reportRejects()
    if (++ticks % roundTripsEvery === 0) reportRoundTrips()
    init.onSample?.(resources)
  }, sampleEveryMs)

  return {
    fact: (fact) => trace.write(fact),
    rejected: (reason) => rejects.add(reason),
    hub,
    close() {
      clearInterval(timer)
      reportRejects()
      hub.close()
      sampler.stop()
      trace.close()
    },
  }
}

const toHundredths = (value: number): number => Math.round(value * 100) / 100
