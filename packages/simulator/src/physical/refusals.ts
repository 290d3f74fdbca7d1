import type { TraceFact } from '@groundwork/trace'

/** Counts input that was dropped, by reason. */
export interface Refusals {
  count(reason: string): void
  /** Writes down what was counted since the last time. */
  flush(): void
}

export function createRefusals(emit: (fact: TraceFact) => void): Refusals {
  const counts = new Map<string, number>()
  return {
    count: (reason) => void counts.set(reason, (counts.get(reason) ?? 0) + 1),
    flush() {
      if (counts.size === 0) return
      emit({ kind: 'physical-refused', counts: Object.fromEntries(counts) })
      counts.clear()
    },
  }
}
