import { createHistogram } from 'node:perf_hooks'
import { alarm, monotonicMs } from './alarm.ts'
import { timeQueue } from './time-queue.ts'

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

/** What is due this soon runs now: waking up again takes longer. */
export const earlyMs = 0.05

export function scheduler(): Scheduler {
  const queue = timeQueue<() => void>()
  const late = createHistogram()
  let setMs = Number.POSITIVE_INFINITY
  let running = false

  const clock = alarm(() => {
    setMs = Number.POSITIVE_INFINITY
    running = true
    for (let dueMs = queue.nextMs; dueMs <= monotonicMs() + earlyMs; dueMs = queue.nextMs) {
      const run = queue.pop() as () => void
      late.record(Math.max(1, Math.round((monotonicMs() - dueMs) * 1000)))
      run()
    }
    running = false
    arm()
  })

  const arm = (): void => {
    if (running || queue.nextMs >= setMs) return
    setMs = queue.nextMs
    clock.set(setMs - earlyMs)
  }

  return {
    now: monotonicMs,
    at(timeMs, run) {
      queue.push(timeMs, run)
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
