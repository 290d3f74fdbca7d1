import type { Certificate, FinalizedBlock, Observation } from '@groundwork/stake-core'
import { finalizedFacts, observedFact, type TraceFact } from '@groundwork/trace'
import type { RoundTripSummary } from '@groundwork/transport-libp2p'
import type { Config } from './config.ts'
import { createEventHub, type EventHub } from './event-hub.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { createRejectCounts } from './reject-counts.ts'
import { createResourceSampler } from './resources.ts'
import { createTraceWriter } from './trace-writer.ts'

export interface ReporterInit {
  readonly config: Config
  readonly log: Log
  readonly metrics: Metrics
  /** Counters of the transport since its start; those named `rejected.*` are reported. */
  readonly transportCounters: () => Readonly<Record<string, number>>
  /** Since the last call, by peer. */
  readonly takeRoundTrips: () => readonly RoundTripSummary[]
}

/** Everything that the node tells the outside: event log, event stream, metrics, log. */
export interface Reporter {
  fact(fact: TraceFact): void
  observed(observation: Observation): void
  finalized(blocks: readonly FinalizedBlock[], certificate: Certificate): void
  rejected(reason: string): void
  readonly hub: EventHub
  close(): void
}

const sampleEveryMs = 1_000
/** Every so many samples of resources. */
const roundTripsEvery = 2
const transportPrefix = 'rejected.'

export function createReporter(init: ReporterInit): Reporter {
  const { config, log, metrics } = init
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
  }, sampleEveryMs)

  return {
    fact: (fact) => trace.write(fact),
    observed(observation) {
      metrics.observed(observation)
      const fact = observedFact(observation)
      if (fact !== null) return trace.write(fact)
      if (observation.kind === 'ignored') return rejects.add(observation.reason)
      log.error({ observed: observation.kind }, 'a final block of others contradicts our own chain')
    },
    finalized(blocks, certificate) {
      metrics.finalized(blocks)
      for (const fact of finalizedFacts(blocks, certificate)) trace.write(fact)
      const newest = blocks.at(-1)
      if (newest !== undefined) log.debug({ height: newest.block.header.height }, 'finalized')
    },
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
