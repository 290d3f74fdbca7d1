import { createHistogram } from 'node:perf_hooks'
import { alarm, monotonicMs } from './alarm.ts'

/** Runs things at their times: milliseconds with fractions, on a monotonic clock. */
export interface Scheduler {
  now(): number
  /** Never before it returns; things of one time run in the order in which they were scheduled. */
  at(timeMs: number, run: () => void): void
  /** How late things ran since this was last asked. */
  lateness(): Lateness
}

export interface Lateness {
  readonly count: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

interface Entry {
  readonly timeMs: number
  readonly order: number
  readonly run: () => void
}

/** What is due this soon runs now: waking up again takes longer. */
const earlyMs = 0.05

export function scheduler(): Scheduler {
  const heap: Entry[] = []
  const late = createHistogram()
  let order = 0
  let setMs = Number.POSITIVE_INFINITY
  let running = false

  const clock = alarm(() => {
    setMs = Number.POSITIVE_INFINITY
    running = true
    for (let head = heap[0]; head !== undefined && head.timeMs <= monotonicMs() + earlyMs; head = heap[0]) {
      pop(heap)
      late.record(Math.max(1, Math.round((monotonicMs() - head.timeMs) * 1000)))
      head.run()
    }
    running = false
    arm()
  })

  const arm = (): void => {
    const head = heap[0]
    if (running || head === undefined || head.timeMs >= setMs) return
    setMs = head.timeMs
    clock.set(setMs - earlyMs)
  }

  return {
    now: monotonicMs,
    at(timeMs, run) {
      push(heap, { timeMs, order: order++, run })
      arm()
    },
    lateness() {
      const answer = {
        count: late.count,
        p50Ms: late.percentile(50) / 1000,
        p99Ms: late.percentile(99) / 1000,
        maxMs: late.count === 0 ? 0 : late.max / 1000,
      }
      late.reset()
      return answer
    },
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order)
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(entry, heap[parent] as Entry)) break
    heap[at] = heap[parent] as Entry
    at = parent
  }
  heap[at] = entry
}

function pop(heap: Entry[]): void {
  const last = heap.pop() as Entry
  if (heap.length === 0) return
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++
    if (!before(heap[child] as Entry, last)) break
    heap[at] = heap[child] as Entry
    at = child
  }
  heap[at] = last
}
