import type { Hazard, HybridFollower, ItemPurpose } from '@groundwork/hybrid-host'
import { Counter, Histogram } from 'prom-client'
import type { CommonMetrics } from '../metrics.ts'

/** What every node that follows both chains measures. */
export interface HybridMetrics {
  derived(blocks: number, durationMs: number): void
  said(why: ItemPurpose, items: number): void
  hazard(hazard: Hazard): void
}

export interface HybridGauges {
  readonly isRecorded: boolean
  readonly height: number
  /** Physical blocks since the last refreshing checkpoint. */
  readonly sinceCheckpoint: number
  /** Heights of the stake chain. */
  readonly fast: number
  readonly anchored: number
}

export function hybridGauges(follower: HybridFollower): HybridGauges {
  const { state } = follower
  const { fast, anchored } = follower.ledgers()
  return {
    isRecorded: state.mode.recorded !== null,
    height: state.height,
    sinceCheckpoint: state.height - state.mode.lastCheckpoint,
    fast: fast.stake.height,
    anchored: anchored.stake.height,
  }
}

const buckets = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2]

export function createHybridMetrics(
  { registry, gauge }: Pick<CommonMetrics, 'registry' | 'gauge'>,
  read: () => HybridGauges,
): HybridMetrics {
  const registers = [registry]
  gauge('recorded', 'Whether the mode is RECORDED (1) or FAST (0).', () => (read().isRecorded ? 1 : 0))
  gauge(
    'derived_height',
    'Height of the physical chain up to which everything is derived.',
    () => read().height,
  )
  gauge(
    'blocks_since_checkpoint',
    'Physical blocks since the last refreshing checkpoint.',
    () => read().sinceCheckpoint,
  )
  gauge('fast_height', 'Stake-chain height of the ledger fast.', () => read().fast)
  gauge('anchored_height', 'Stake-chain height of the ledger anchored.', () => read().anchored)
  const durations = new Histogram({
    name: 'groundwork_derive_seconds',
    help: 'Duration of deriving a physical block.',
    buckets,
    registers,
  })
  const items = new Counter({
    name: 'groundwork_items_said_total',
    help: 'Items put forward for the physical chain, again while they are missing.',
    labelNames: ['why'],
    registers,
  })
  const hazards = new Counter({
    name: 'groundwork_hazards_total',
    help: 'Finality hazards: something that clients may have been told does not hold.',
    labelNames: ['kind'],
    registers,
  })
  return {
    derived(blocks, durationMs) {
      for (let i = 0; i < blocks; i++) durations.observe(durationMs / blocks / 1000)
    },
    said: (why, count) => items.inc({ why }, count),
    hazard: ({ kind }) => hazards.inc({ kind }),
  }
}
