import type { Peer } from '@groundwork/stake-core'

/** Round trips to one peer, between the programs themselves, ms. */
export interface RoundTripSummary {
  readonly peer: Peer
  readonly samples: number
  readonly minMs: number
  readonly medianMs: number
  readonly p95Ms: number
}

/** The newest round trips that nobody has asked for yet; the oldest go above a bound. */
export interface RoundTripWindow {
  add(ms: number): void
  /** Of those since the last call; undefined without any. */
  take(): Omit<RoundTripSummary, 'peer'> | undefined
}

export const windowSamples = 64

export function roundTripWindow(): RoundTripWindow {
  let samples: number[] = []
  let next = 0
  return {
    add(ms) {
      samples[next] = ms
      next = (next + 1) % windowSamples
    },
    take() {
      if (samples.length === 0) return undefined
      const sorted = samples.sort((a, b) => a - b)
      samples = []
      next = 0
      // the smallest that at least the share does not exceed
      const quantile = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] as number
      return {
        samples: sorted.length,
        minMs: sorted[0] as number,
        medianMs: quantile(0.5),
        p95Ms: quantile(0.95),
      }
    },
  }
}
