import type { PhysicalObservation } from '@groundwork/physical-core'
import { Counter, Histogram } from 'prom-client'
import type { CommonMetrics } from '../metrics.ts'

/** What every node of the physical chain measures. */
export interface PhysicalMetrics {
  observed(observation: PhysicalObservation): void
  refused(reason: string): void
}

/** Adds to the registry. */
export function createPhysicalMetrics(
  { registry, gauge }: Pick<CommonMetrics, 'registry' | 'gauge'>,
  read: () => { readonly height: number; readonly slot: number },
): PhysicalMetrics {
  const registers = [registry]
  gauge('physical_height', 'Height of the best chain.', () => read().height)
  gauge('physical_slot', 'Slot of the tip of the best chain.', () => read().slot)
  const refused = new Counter({
    name: 'groundwork_physical_refused_total',
    help: 'Input of the physical chain that was counted and dropped.',
    labelNames: ['reason'],
    registers,
  })
  const blocks = new Counter({
    name: 'groundwork_physical_blocks_total',
    help: 'Valid blocks, on whatever fork; own ones are farmed.',
    labelNames: ['farmed'],
    registers,
  })
  const reorgs = new Histogram({
    name: 'groundwork_reorg_depth_blocks',
    help: 'Blocks that a change of the best chain took back.',
    buckets: [1, 2, 3, 4, 6, 8, 16, 32, 64, 128],
    registers,
  })
  return {
    observed(observation) {
      if (observation.kind === 'block-accepted') blocks.inc({ farmed: 'false' })
      if (observation.kind === 'block-made') blocks.inc({ farmed: 'true' })
      if (observation.kind === 'reorg') reorgs.observe(observation.depth)
    },
    refused: (reason) => refused.inc({ reason }),
  }
}
