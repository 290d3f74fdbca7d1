import { forgetOldest, type Hex, toHex } from '@groundwork/primitives'
import { type CommonMetrics, createCommonMetrics } from '@groundwork/program'
import type { FinalizedBlock, Observation } from '@groundwork/stake-core'
import { Counter, Histogram } from 'prom-client'

/** What is read when Prometheus asks. */
export interface Gauges {
  readonly view: number
  readonly finalView: number
  readonly finalHeight: number
  readonly peers: number
  readonly mempool: number
}

export interface Metrics extends CommonMetrics {
  observed(observation: Observation): void
  finalized(blocks: readonly FinalizedBlock[]): void
}

const latencyBuckets = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2, 2, 4, 8, 16, 32, 64]
const maxProposals = 1_000

export function createMetrics(read: () => Gauges): Metrics {
  const common = createCommonMetrics()
  const registers = [common.registry]
  common.gauge('view', 'Current view.', () => read().view)
  common.gauge('final_view', 'View of the newest finalized block.', () => read().finalView)
  common.gauge('final_height', 'Height of the newest finalized block.', () => read().finalHeight)
  common.gauge('peers', 'Connected peers.', () => read().peers)
  common.gauge('mempool_transactions', 'Transactions waiting for a block.', () => read().mempool)

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
  const latency = new Histogram({
    name: 'groundwork_finality_seconds',
    help: 'From the arrival (or the sending) of a proposal to its finalization here.',
    buckets: latencyBuckets,
    registers,
  })

  /** When each proposal that is not final yet was seen first. */
  const seen = new Map<Hex, number>()
  return {
    ...common,
    observed(observation) {
      switch (observation.kind) {
        case 'proposed':
        case 'proposal-received': {
          const key = toHex(observation.hash)
          if (!seen.has(key)) seen.set(key, performance.now())
          forgetOldest(seen, maxProposals)
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
  }
}
