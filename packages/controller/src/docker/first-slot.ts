import { farmersOf, type Plan } from '@groundwork/scenario'

/** Until the first slot containers start, nodes connect, and plots are made. */
const startMs = 6000
const startNodeMs = 600
const plottingMs = 600

/** When the physical chain of a network that starts now should begin, ms since 1970. Pure. */
export function firstSlotMs({ nodes }: Plan, nowMs: number): number {
  const plots = farmersOf(nodes).reduce((sum, farmer) => sum + farmer.plots, 0)
  return nowMs + startMs + nodes.length * startNodeMs + plots * plottingMs
}
