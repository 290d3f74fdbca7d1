import type { Clock } from './ports.ts'

/** A token bucket per key. */
export interface Limiter {
  /** False if the key has used up its share. */
  take(key: string): boolean
}

const maxKeys = 1024

export function createLimiter(
  clock: Clock,
  rate: { readonly perSecond: number; readonly burst: number },
): Limiter {
  const buckets = new Map<string, { tokens: number; atMs: number }>()
  return {
    take(key) {
      const nowMs = clock.now()
      const bucket = buckets.get(key) ?? { tokens: rate.burst, atMs: nowMs }
      if (!buckets.has(key) && buckets.size >= maxKeys) buckets.clear()
      buckets.set(key, bucket)
      bucket.tokens = Math.min(rate.burst, bucket.tokens + ((nowMs - bucket.atMs) * rate.perSecond) / 1000)
      bucket.atMs = nowMs
      if (bucket.tokens < 1) return false
      bucket.tokens--
      return true
    },
  }
}
