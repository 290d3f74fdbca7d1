import type { Clock } from '@groundwork/host'

/** A single-threaded agenda: what is due first happens first, ties in the order in which they were scheduled. */
export interface VirtualTime extends Clock {
  /** Milliseconds since the simulation began. */
  now(): number
  /** Runs `action` at `timeMs`, or as the next thing if that has passed. */
  at(timeMs: number, action: () => void): void
  schedule(afterMs: number, action: () => void): void
  /** Runs everything due up to and including `untilMs`, then stands at `untilMs`. Stops early when `stop` says so. */
  run(untilMs: number, stop?: () => boolean): void
  /** Actions run so far. */
  readonly steps: number
}

interface Entry {
  readonly timeMs: number
  readonly sequence: number
  readonly action: () => void
}

const before = (a: Entry, b: Entry): boolean =>
  a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.sequence < b.sequence)

export function virtualTime(): VirtualTime {
  const heap: Entry[] = []
  let nowMs = 0
  let sequence = 0
  let steps = 0

  const at = (timeMs: number, action: () => void): void => {
    push(heap, { timeMs: Math.max(timeMs, nowMs), sequence: sequence++, action })
  }
  return {
    now: () => nowMs,
    at,
    schedule: (afterMs, action) => at(nowMs + afterMs, action),
    run(untilMs, stop) {
      for (;;) {
        const next = heap[0]
        if (next === undefined || next.timeMs > untilMs) break
        pop(heap)
        nowMs = next.timeMs
        steps++
        next.action()
        if (stop?.() === true) return
      }
      nowMs = Math.max(nowMs, untilMs)
    },
    get steps() {
      return steps
    },
  }
}

function push(heap: Entry[], entry: Entry): void {
  let hole = heap.length
  heap.push(entry)
  while (hole > 0) {
    const parent = (hole - 1) >> 1
    const above = heap[parent] as Entry
    if (!before(entry, above)) break
    heap[hole] = above
    hole = parent
  }
  heap[hole] = entry
}

function pop(heap: Entry[]): void {
  const last = heap.pop() as Entry
  if (heap.length === 0) return
  let hole = 0
  for (;;) {
    let child = 2 * hole + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++
    if (!before(heap[child] as Entry, last)) break
    heap[hole] = heap[child] as Entry
    hole = child
  }
  heap[hole] = last
}
