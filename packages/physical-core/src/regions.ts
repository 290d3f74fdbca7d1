import type { Region } from './params.ts'

/** One-way delays in ms, by the names of two regions. */
export type RegionDelays = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Of a round trip between two regions, what light needs at least, in thousandths; the rest are detours and routers. */
const lightMilli = 600

/** Microseconds that nobody outside a region undercuts, if the way there and back takes so many milliseconds. */
export function lightBoundUs(roundTripMs: number): number {
  return Math.floor(roundTripMs * lightMilli)
}

/** The way from one region to another and back; none within a region. */
export function roundTripMs(delays: RegionDelays, from: string, to: string): number {
  return from === to ? 0 : (delays[from]?.[to] ?? 0) + (delays[to]?.[from] ?? 0)
}

/** PC11. Challengers of a region measure at most `nearMs`; nobody outside measures less than light needs. */
export function regionsOf(names: readonly string[], nearMs: number, delays: RegionDelays): Region[] {
  return names.map((name) => ({
    name,
    maxRttUs: Math.max(1, Math.round(nearMs * 1000)),
    minRttUs: names.map((other) => lightBoundUs(roundTripMs(delays, name, other))),
  }))
}
