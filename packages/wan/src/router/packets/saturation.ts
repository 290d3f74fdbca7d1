import { readFileSync } from 'node:fs'
import { saturatedLatenessMs } from '../interpreter.ts'
import { type CounterValues, latenessIndex } from './counters.ts'

export interface Saturation {
  read(): { readonly missed: number; readonly saturatedSeconds: number }
}

const lateShareMax = 0.05
const lateCountMin = 5

/** Looks once a second whether the emulation keeps up, for as long as the process lives. */
export function saturation(device: string, values: () => CounterValues): Saturation {
  let saturatedSeconds = 0
  let before = sample(values(), missedBy(device))
  setInterval(() => {
    const now = sample(values(), missedBy(device))
    if (isSaturated(before, now)) saturatedSeconds++
    before = now
  }, 1000)
  return { read: () => ({ missed: missedBy(device), saturatedSeconds }) }
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

/** Packets that did not find room in the queue of a device, in this network namespace. */
function missedBy(device: string): number {
  return missedIn(readFileSync('/proc/net/dev', 'utf8'), device)
}

/** From the text of /proc/net/dev; 0 for an unknown device. */
export function missedIn(devices: string, device: string): number {
  const line = devices.split('\n').find((text) => text.trim().startsWith(`${device}:`))
  const fields = line?.split(':')[1]?.trim().split(/\s+/) ?? []
  return Number(fields[11] ?? 0)
}
