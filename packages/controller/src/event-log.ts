import { closeSync, openSync, writeFileSync } from 'node:fs'
import type { TraceFact, TraceRecord } from '@groundwork/trace'
import { monotonicMs } from './schedule.ts'

/** What the controller saw and did: kept in memory for the analysis and, in pieces, in a file for the day it is killed. */
export interface EventLog {
  readonly records: readonly TraceRecord[]
  add(record: TraceRecord): void
  /** Writes what is not yet in the file. */
  flush(): void
  close(): void
}

const maxUnwritten = 500

export function openEventLog(path: string): EventLog {
  const descriptor = openSync(path, 'a')
  const records: TraceRecord[] = []
  let written = 0
  const flush = (): void => {
    if (written === records.length) return
    const lines = records.slice(written).map((record) => `${JSON.stringify(record)}\n`)
    written = records.length
    writeFileSync(descriptor, lines.join(''))
  }
  return {
    records,
    add: (record) => {
      records.push(record)
      // The few records of a real-time run go out one by one, the flood of a simulated one in pieces.
      if (record.node === 'controller' || records.length - written >= maxUnwritten) flush()
    },
    flush,
    close: () => {
      flush()
      closeSync(descriptor)
    },
  }
}

/** A record of the controller; `atMs` (a `monoMs`) if it happened before now. */
export function controllerRecord(fact: TraceFact, atMs: number = monotonicMs()): TraceRecord {
  const wallMs = Date.now() - (monotonicMs() - atMs)
  return { v: 1, node: 'controller', monoMs: atMs, wallMs, ...fact }
}
