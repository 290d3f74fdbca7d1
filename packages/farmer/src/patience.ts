/** How long a timelord of a higher rank leaves a slot to those of a lower one. */
export interface Patience {
  /** As of now, ms. */
  readonly ms: number
  /** Somebody else's proof of a slot came so long after this node could have begun with it, ms. */
  heard(afterMs: number): void
}

/** Of a slot, for each lower rank, at least: enough to evaluate, prove and hear of it from the other end of the world. */
const leastMilli = 700
/** Of a slot, for each lower rank, at most: so long a slot is missing when the timelord that works is gone. */
const mostMilli = 4_000
/** Twice as long as usual is late. */
const lateMilli = 2_000
/** The weight of the newest in what is usual. */
const smoothing = 1 / 8

/**
 * A machine or a network that is slow makes every proof late. Whoever loses patience by the clock alone evaluates it once
 * more, and so makes the slow machine slower; so patience grows with what is usual.
 */
export function createPatience(rank: number, slotMs: number): Patience {
  let usualMs = 0
  const bound = (milli: number): number => (slotMs * milli) / 1_000
  return {
    get ms() {
      const wanted = (usualMs * lateMilli) / 1_000
      return Math.floor(rank * Math.min(bound(mostMilli), Math.max(bound(leastMilli), wanted)))
    },
    heard(afterMs) {
      usualMs += smoothing * (Math.min(afterMs, bound(mostMilli)) - usualMs)
    },
  }
}
