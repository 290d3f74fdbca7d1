import type { Limits } from './limits.ts'

/** What one peer is allowed. It outlives the peer's connections. */
export interface Limiter {
  /** False: over the rate, drop the frame. */
  admit(bytes: number, nowMs: number): boolean
  /** Notes a garbled frame or message. True: that was one too many, close the connection. */
  strike(nowMs: number): boolean
  bannedUntilMs(): number
}

interface Bucket {
  take(amount: number, nowMs: number): boolean
}

const forgiveStrikeMs = 10_000
/** A peer that behaves for so long starts again with the shortest pause. */
const forgetBansMs = 600_000

function bucket(perSecond: number): Bucket {
  const capacity = 2 * perSecond
  let level = capacity
  let filledMs = 0
  return {
    take(amount, nowMs) {
      level = Math.min(capacity, level + ((nowMs - filledMs) * perSecond) / 1_000)
      filledMs = nowMs
      if (level < amount) return false
      level -= amount
      return true
    },
  }
}

export function limiter(limits: Limits): Limiter {
  const frames = bucket(limits.framesPerSecond)
  const volume = bucket(limits.bytesPerSecond)
  let strikes = 0
  let struckMs = 0
  let bans = 0
  let bannedUntilMs = Number.NEGATIVE_INFINITY

  return {
    admit: (bytes, nowMs) => frames.take(1, nowMs) && volume.take(bytes, nowMs),
    strike(nowMs) {
      strikes = Math.max(0, strikes - (nowMs - struckMs) / forgiveStrikeMs) + 1
      struckMs = nowMs
      if (Math.ceil(strikes) < limits.strikesMax) return false
      strikes = 0
      if (nowMs - bannedUntilMs > forgetBansMs) bans = 0
      bannedUntilMs = nowMs + Math.min(limits.banMsMax, limits.banMs * 2 ** bans)
      bans++
      return true
    },
    bannedUntilMs: () => bannedUntilMs,
  }
}
