import { readFileSync } from 'node:fs'
import { saturatedLatenessMs } from '../interpreter.ts'
import { type CounterValues, latenessIndex } from './counters.ts'

export interface Saturation {
  read(): { readonly missed: number; readonly saturatedSeconds: number }
}

const lateShareMax = 0.05
const lateCountMin = 5

/**
 * Looks once a second whether the emulation and the kernel under it keep up, for as long as the process lives;
 * `devices`: those through which packets go to the program and on to the nodes.
 */
export function saturation(devices: readonly string[], values: () => CounterValues): Saturation {
  const missedBefore = missedBy(devices)
  const missed = (): number => missedBy(devices) - missedBefore
  let saturatedSeconds = 0
  let before = sample(values(), missed())
  setInterval(() => {
    const now = sample(values(), missed())
    if (isSaturated(before, now)) saturatedSeconds++
    before = now
  }, 1000)
  return { read: () => ({ missed: missed(), saturatedSeconds }) }
}

export interface Sample {
  /** Dropped for want of room or time. */
  readonly overload: number
  readonly delivered: number
  readonly late: number
}

export function sample({ dropped, delivered, lateness }: CounterValues, missed: number): Sample {
  const first = latenessIndex(saturatedLatenessMs) + 1
  const late = lateness.counts.slice(first).reduce((sum, count) => sum + count, 0)
  return { overload: dropped.overload + missed, delivered, late }
}

/** Whether packets were lost to an overload, or one in twenty left more than 3 ms late, between two samples. */
export function isSaturated(before: Sample, now: Sample): boolean {
  const late = now.late - before.late
  if (now.overload > before.overload) return true
  return late >= lateCountMin && late > lateShareMax * (now.delivered - before.delivered)
}

/** Packets that did not find room in the queues of devices of this network namespace. */
function missedBy(devices: readonly string[]): number {
  return missedIn(readFileSync('/proc/net/dev', 'utf8'), devices)
}

/** From the text of /proc/net/dev: packets that were to be sent and were dropped. */
export function missedIn(text: string, devices: readonly string[]): number {
  return text.split('\n').reduce((sum, line) => {
    const [name = '', fields = ''] = line.split(':')
    return devices.includes(name.trim()) ? sum + Number(fields.trim().split(/\s+/)[11] ?? 0) : sum
  }, 0)
}
