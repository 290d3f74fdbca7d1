import { type CommonMetrics, createCommonMetrics } from '@groundwork/program'
import { createPhysicalMetrics, type PhysicalMetrics } from '@groundwork/program/physical'
import { Gauge, Histogram } from 'prom-client'
import type { TimelordWork } from './timelord.ts'

/** What is read when Prometheus asks. */
export interface Gauges {
  readonly height: number
  readonly slot: number
  readonly peers: number
  readonly plots: number
  readonly mempool: number
  /** Slots that began and are not known. */
  readonly vdfLag: number
}

export interface FarmerMetrics extends CommonMetrics, PhysicalMetrics {
  lookedUp(durationMs: number): void
  evaluated(work: TimelordWork): void
}

const lookUpBuckets = [0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.005, 0.02, 0.1]
const evaluateBuckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2]

export function createFarmerMetrics(read: () => Gauges): FarmerMetrics {
  const common = createCommonMetrics()
  const registers = [common.registry]
  const physical = createPhysicalMetrics(common, read)
  common.gauge('peers', 'Connected peers.', () => read().peers)
  common.gauge('plots', 'Plots that are farmed.', () => read().plots)
  common.gauge('mempool_items', 'Items waiting for a block.', () => read().mempool)
  common.gauge('vdf_lag_slots', 'Slots that began and whose delay proof is not known.', () => read().vdfLag)
  const lookUps = new Histogram({
    name: 'groundwork_look_up_seconds',
    help: 'Duration of look-ups in one plot.',
    buckets: lookUpBuckets,
    registers,
  })
  const evaluations = new Histogram({
    name: 'groundwork_vdf_evaluate_seconds',
    help: 'Duration of the evaluations of slots.',
    buckets: evaluateBuckets,
    registers,
  })
  const speed = new Gauge({
    name: 'groundwork_vdf_squarings_per_second',
    help: 'Of the newest evaluation.',
    registers,
  })
  return {
    ...common,
    ...physical,
    lookedUp: (durationMs) => lookUps.observe(durationMs / 1000),
    evaluated({ squarings, evaluateMs }) {
      evaluations.observe(evaluateMs / 1000)
      speed.set(Math.round((1000 * squarings) / Math.max(0.001, evaluateMs)))
    },
  }
}
