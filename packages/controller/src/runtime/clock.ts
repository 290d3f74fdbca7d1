import type { TraceRecord } from '@groundwork/trace'
import { monotonicMs } from '../schedule.ts'

/** Two readings of our clock around one of another, ms. */
export interface ClockSample {
  readonly beforeMs: number
  readonly theirsMs: number
  readonly afterMs: number
}

/** Reads the other clock a few times, ours before and after each. Readings that fail are left out. */
export async function sampleClock(read: () => Promise<number | null>, times: number): Promise<ClockSample[]> {
  const samples: ClockSample[] = []
  for (let i = 0; i < times; i++) {
    const beforeMs = monotonicMs()
    const theirsMs = await read()
    if (theirsMs !== null) samples.push({ beforeMs, theirsMs, afterMs: monotonicMs() })
  }
  return samples
}

/**
 * How far the other clock is ahead of ours: 0 if each reading lies between ours, as those of one clock do, else the middle
 * of the tightest sample (Cristian's algorithm). Pure.
 */
export function clockShift(samples: readonly ClockSample[]): number {
  const isSame = ({ beforeMs, theirsMs, afterMs }: ClockSample): boolean =>
    beforeMs - toleranceMs <= theirsMs && theirsMs <= afterMs + toleranceMs
  if (samples.every(isSame)) return 0
  const width = ({ beforeMs, afterMs }: ClockSample): number => afterMs - beforeMs
  const best = samples.reduce((a, b) => (width(b) < width(a) ? b : a))
  return best.theirsMs - (best.beforeMs + best.afterMs) / 2
}

const toleranceMs = 0.5

/** Records of our clock, told on that of the nodes; they wait until it is known. */
export interface ShiftedRecords {
  record(record: TraceRecord): void
  /** Idempotent: the first counts. */
  setShift(ms: number): void
}

export function shiftedRecords(record: (record: TraceRecord) => void): ShiftedRecords {
  let shift: number | null = null
  const waiting: TraceRecord[] = []
  const tell = (entry: TraceRecord, ms: number): void =>
    record(ms === 0 ? entry : { ...entry, monoMs: entry.monoMs + ms })
  return {
    record: (entry) => {
      if (shift === null) waiting.push(entry)
      else tell(entry, shift)
    },
    setShift: (ms) => {
      if (shift !== null) return
      shift = ms
      for (const entry of waiting.splice(0)) tell(entry, ms)
    },
  }
}
