import type { EmulatorStats } from '@groundwork/trace'

/** What `run.json` says of the WAN router; null if there was none, or if it never answered. */
export function emulatorStats(measures: Readonly<Record<string, number>> = {}): EmulatorStats | null {
  const { routerForMs, routerPackets, routerDroppedOverload = 0, routerSaturatedSeconds = 0 } = measures
  if (routerForMs === undefined || routerPackets === undefined) return null
  return {
    forMs: routerForMs,
    packets: routerPackets,
    overloaded: routerDroppedOverload,
    saturatedSeconds: routerSaturatedSeconds,
  }
}
