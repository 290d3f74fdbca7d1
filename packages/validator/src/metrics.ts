import { type Hex, toHex } from '@groundwork/primitives'
import type { FinalizedBlock, Observation } from '@groundwork/stake-core'
import type { RoundTripSummary } from '@groundwork/transport-libp2p'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Resources } from './resources.ts'

/** What is read when Prometheus asks. */
export interface Gauges {
  readonly view: number
  readonly finalView: number
  readonly finalHeight: number
  readonly peers: number
  readonly mempool: number
}

export interface Metrics {
  observed(observation: Observation): void
  finalized(blocks: readonly FinalizedBlock[]): void
  rejected(counts: Readonly<Record<string, number>>): void
  synced(durationMs: number): void
  sampled(resources: Resources): void
  roundTrips(taken: readonly RoundTripSummary[]): void
  readonly contentType: string
  expose(): Promise<string>
}

const latencyBuckets = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2, 4, 8, 16, 32, 64]
const syncBuckets = [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1]
const maxProposals = 1_000

export function createMetrics(read: () => Gauges): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const gauge = (name: string, help: string, value: keyof Gauges) =>
    new Gauge({
      name: `groundwork_${name}`,
      help,
      registers,
      collect() {
        this.set(read()[value])
      },
    })
  gauge('view', 'Current view.', 'view')
  gauge('final_view', 'View of the newest finalized block.', 'finalView')
  gauge('final_height', 'Height of the newest finalized block.', 'finalHeight')
  gauge('peers', 'Connected peers.', 'peers')
  gauge('mempool_transactions', 'Transactions waiting for a block.', 'mempool')

  const votes = new Counter({
    name: 'groundwork_votes_total',
    help: 'Own votes cast.',
    labelNames: ['type'],
    registers,
  })
  const certificates = new Counter({
    name: 'groundwork_certificates_total',
    help: 'Certificates learnt; formed says whether from votes or from a peer.',
    labelNames: ['type', 'formed'],
    registers,
  })
  const evidence = new Counter({
    name: 'groundwork_evidence_total',
    help: 'Provable offences seen.',
    labelNames: ['rule'],
    registers,
  })
  const rejected = new Counter({
    name: 'groundwork_rejected_total',
    help: 'Messages counted and dropped.',
    labelNames: ['reason'],
    registers,
  })
  const latency = new Histogram({
    name: 'groundwork_finality_seconds',
    help: 'From the arrival (or the sending) of a proposal to its finalization here.',
    buckets: latencyBuckets,
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

  /** When each proposal that is not final yet was seen first. */
  const seen = new Map<Hex, number>()
  return {
    observed(observation) {
      switch (observation.kind) {
        case 'proposed':
        case 'proposal-received': {
          const key = toHex(observation.hash)
          if (!seen.has(key)) seen.set(key, performance.now())
          if (seen.size > maxProposals) seen.delete(seen.keys().next().value as Hex)
          return
        }
        case 'voted':
          return votes.inc({ type: observation.type })
        case 'certified':
          return certificates.inc({ type: observation.type, formed: String(observation.formed) })
        case 'evidence':
          return evidence.inc({ rule: observation.evidence.rule })
      }
    },
    finalized(blocks) {
      for (const { hash } of blocks) {
        const since = seen.get(toHex(hash))
        if (since !== undefined) latency.observe((performance.now() - since) / 1000)
        seen.delete(toHex(hash))
      }
    },
    rejected(counts) {
      for (const [reason, count] of Object.entries(counts)) rejected.inc({ reason }, count)
    },
    synced: (durationMs) => sync.observe(durationMs / 1000),
    sampled({ loopLagMsMax, rssMiB }) {
      lag.set(loopLagMsMax / 1000)
      rss.set(rssMiB * 2 ** 20)
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
