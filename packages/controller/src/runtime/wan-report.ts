import { latenessQuantileMs, type WanAnswer } from '@groundwork/wan/router'
import type { WanSnapshot } from './docker-network.ts'

const ways: Readonly<Record<string, string>> = {
  netem: 'tc with netem, in the kernel',
  packets: 'a scheduler of IP packets behind a TUN device',
}

/** How links are emulated, and why in this way, for people. */
export function describeWan({ capabilities: { interpreter }, requested, reasons }: WanAnswer): string {
  const why = requested === 'auto' && interpreter === 'packets' ? `; no netem: ${reasons.netem}` : ''
  return `the distance between regions, by the ${interpreter} interpreter of one WAN router (${ways[interpreter]}${why})`
}

/** Counters of the router since the network was ready. */
export function wanMeasures(before: WanSnapshot, now: WanSnapshot): Readonly<Record<string, number>> {
  const first = before.wan?.stats
  const last = now.wan?.stats
  const hub = { hubCpuMs: now.hubCpuMs - before.hubCpuMs }
  if (first === undefined || last === undefined) return hub
  const forMs = last.forMs - first.forMs
  const packets = last.packets - first.packets
  const reasons = Object.entries(last.dropped.by).map(([reason, count]) => [
    `routerDropped${reason[0]?.toUpperCase()}${reason.slice(1)}`,
    (count ?? 0) - (first.dropped.by[reason as keyof typeof first.dropped.by] ?? 0),
  ])
  const lateness = (share: number): number =>
    last.lateness === null ? 0 : latenessQuantileMs(last.lateness, share, first.lateness)
  return {
    ...hub,
    routerForMs: forMs,
    routerPackets: packets,
    routerPacketsPerSecond: forMs > 0 ? (packets * 1000) / forMs : 0,
    routerDropped: last.dropped.total - first.dropped.total,
    ...Object.fromEntries(reasons),
    ...(last.lateness === null
      ? {}
      : {
          routerLatenessP50Ms: lateness(0.5),
          routerLatenessP99Ms: lateness(0.99),
          routerLatenessMaxMs: last.lateness.maxMs,
        }),
    routerSaturatedSeconds: last.saturatedSeconds - first.saturatedSeconds,
    routerCpuMs: last.cpuMs - first.cpuMs,
  }
}
