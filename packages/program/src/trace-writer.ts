import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import type { TraceFact, TraceRecord } from '@groundwork/trace'

/** Stamps facts and appends them to the event log, one JSON object a line. */
export interface TraceWriter {
  write(fact: TraceFact): void
  /** Records that could not be written. */
  readonly lost: number
  close(): void
}

export interface TraceWriterInit {
  readonly node: string
  /** Appended to; null keeps no file. */
  readonly file: string | null
  readonly onRecord: (record: TraceRecord) => void
}

const flushEveryMs = 100
/** What a check of safety rests on reaches the file at once: a killed process loses at most the other kinds' last tenth of a second. */
const promptKinds: ReadonlySet<TraceFact['kind']> = new Set([
  'node-started',
  'voted',
  'finalized',
  'evidence',
])

export function createTraceWriter({ node, file, onRecord }: TraceWriterInit): TraceWriter {
  if (file !== null) mkdirSync(dirname(file), { recursive: true })
  const descriptor = file === null ? null : openSync(file, 'a')
  let lines: string[] = []
  let timer: NodeJS.Timeout | undefined
  let prompt: NodeJS.Immediate | undefined
  let lost = 0

  const flush = (): void => {
    clearTimeout(timer)
    clearImmediate(prompt)
    timer = undefined
    prompt = undefined
    if (descriptor === null || lines.length === 0) return
    const bytes = Buffer.from(lines.join(''))
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
    } catch {
      // A full disk costs records of the log, not the validator.
      lost += lines.length
    }
    lines = []
  }

  return {
    write(fact) {
      const record: TraceRecord = { v: 1, node, monoMs: monotonicMs(), wallMs: Date.now(), ...fact }
      onRecord(record)
      if (descriptor === null) return
      lines.push(`${JSON.stringify(record)}\n`)
      if (promptKinds.has(fact.kind)) prompt ??= setImmediate(flush)
      else timer ??= setTimeout(flush, flushEveryMs)
    },
    get lost() {
      return lost
    },
    close() {
      flush()
      if (descriptor !== null) closeSync(descriptor)
    },
  }
}

/** The machine's monotonic clock, the same for all its processes. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}
