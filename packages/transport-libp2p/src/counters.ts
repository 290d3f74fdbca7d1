/** Monotonic counts by name, such as `rejected.oversize-frame` or `dials`. */
export interface Counters {
  add(name: string, count?: number): void
  snapshot(): Record<string, number>
}

/** Names beyond this many are counted together, so that no caller can make the table grow without end. */
const namesMax = 200

export function counters(): Counters {
  const counts = new Map<string, number>()
  return {
    add(name, count = 1) {
      const key = counts.has(name) || counts.size < namesMax ? name : 'other'
      counts.set(key, (counts.get(key) ?? 0) + count)
    },
    snapshot: () => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}
