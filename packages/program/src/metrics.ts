import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Resources } from './resources.ts'

/** Round trips to one peer, in a window. */
export interface RoundTrips {
  readonly peer: string
  readonly samples: number
  readonly minMs: number
  readonly medianMs: number
  readonly p95Ms: number
}

/** What every node measures. Kinds of nodes add to the registry. */
export interface CommonMetrics {
  readonly registry: Registry
  /** A gauge that is read when Prometheus asks. */
  gauge(name: string, help: string, read: () => number): void
  rejected(counts: Readonly<Record<string, number>>): void
  synced(durationMs: number): void
  sampled(resources: Resources): void
  roundTrips(taken: readonly RoundTrips[]): void
  readonly contentType: string
  expose(): Promise<string>
}

const syncBuckets = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1]

export function createCommonMetrics(): CommonMetrics {
  const registry = new Registry()
  const registers = [registry]
  const rejected = new Counter({
    name: 'groundwork_rejected_total',
    help: 'Messages counted and dropped.',
    labelNames: ['reason'],
    registers,
  })
  const sync = new Histogram({
    name: 'groundwork_journal_sync_seconds',
    help: 'Duration of the syncs of the journal.',
    buckets: syncBuckets,
    registers,
  })
  const lag = new Gauge({
    name: 'groundwork_event_loop_lag_seconds',
    help: 'The longest that the event loop was late in the last second.',
    registers,
  })
  const rss = new Gauge({ name: 'groundwork_resident_bytes', help: 'Resident memory.', registers })
  const cpu = new Gauge({
    name: 'groundwork_cpu_share',
    help: 'CPU in the last second, all threads, as a share of one core.',
    registers,
  })
  const roundTrip = new Gauge({
    name: 'groundwork_round_trip_seconds',
    help: 'Round trips to a peer and back, program to program, in the last two seconds; quantile 0 is the shortest.',
    labelNames: ['peer', 'quantile'],
    registers,
  })
  const roundTrips = new Counter({
    name: 'groundwork_round_trips_total',
    help: 'Round trips measured.',
    labelNames: ['peer'],
    registers,
  })
  return {
    registry,
    gauge(name, help, read) {
      new Gauge({
        name: `groundwork_${name}`,
        help,
        registers,
        collect() {
          this.set(read())
        },
      })
    },
    rejected(counts) {
      for (const [reason, count] of Object.entries(counts)) rejected.inc({ reason }, count)
    },
    synced: (durationMs) => sync.observe(durationMs / 1000),
    sampled({ loopLagMsMax, rssMiB, cpuShare }) {
      lag.set(loopLagMsMax / 1000)
      rss.set(rssMiB * 2 ** 20)
      cpu.set(cpuShare)
    },
    roundTrips(taken) {
      for (const { peer, samples, minMs, medianMs, p95Ms } of taken) {
        for (const [quantile, ms] of [
          ['0', minMs],
          ['0.5', medianMs],
          ['0.95', p95Ms],
        ] as const) {
          roundTrip.set({ peer, quantile }, ms / 1000)
        }
        roundTrips.inc({ peer }, samples)
      }
    },
    contentType: registry.contentType,
    expose: () => registry.metrics(),
  }
}
