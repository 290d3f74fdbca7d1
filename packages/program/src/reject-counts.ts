/** Counts what was dropped, by reason. */
export interface RejectCounts {
  add(reason: string, count?: number): void
  /** What was counted since the last call; null if nothing was. */
  take(): Record<string, number> | null
}

/** Reasons are ours, but a bound costs nothing. */
const maxReasons = 200

export function createRejectCounts(): RejectCounts {
  let counts = new Map<string, number>()
  return {
    add(reason, count = 1) {
      const key = counts.has(reason) || counts.size < maxReasons ? reason : 'other'
      counts.set(key, (counts.get(key) ?? 0) + count)
    },
    take() {
      if (counts.size === 0) return null
      const taken = Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
      counts = new Map()
      return taken
    },
  }
}
