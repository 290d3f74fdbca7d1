/** What one peer may cost us, and how soon it is given up. Sizes in bytes. */
export interface Limits {
  /** A larger frame ends the connection. */
  readonly frameBytesMax: number
  /** Larger publications go over the direct streams. */
  readonly gossipBytesMax: number
  /** Per peer; the oldest frames are dropped above it. */
  readonly sendQueueBytesMax: number
  /** Token buckets per peer and lane; a burst may be twice as large. Frames above are counted and dropped. */
  readonly framesPerSecond: number
  readonly bytesPerSecond: number
  /** So many garbled frames close the connection; one is forgiven every ten seconds. */
  readonly strikesMax: number
  /** The first pause of a banned peer; it doubles each time, up to `banMsMax`. */
  readonly banMs: number
  readonly banMsMax: number
  /** A peer that is silent for longer is dead; six round trips where that is more. */
  readonly silenceMs: number
  /** Pause between the starts of dial attempts that run side by side. */
  readonly dialEveryMs: number
}

const mebibyte = 1024 * 1024

export const defaultLimits: Limits = {
  frameBytesMax: 16 * mebibyte,
  gossipBytesMax: mebibyte / 2,
  sendQueueBytesMax: 4 * mebibyte,
  framesPerSecond: 2_000,
  bytesPerSecond: 32 * mebibyte,
  strikesMax: 20,
  banMs: 1_000,
  banMsMax: 60_000,
  silenceMs: 1_500,
  dialEveryMs: 250,
}
