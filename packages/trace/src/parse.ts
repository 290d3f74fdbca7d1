import { CodedError } from '@groundwork/primitives'
import { type TraceRecord, traceVersion } from './record.ts'
import { readRecord } from './schema.ts'

/** A line that gave no record. `line` counts from 1. */
export interface TraceProblem {
  /** `truncated`: cut off by the end of a process; expected after a kill. `malformed`: anything else. */
  readonly kind: 'truncated' | 'malformed'
  readonly line: number
  readonly detail: string
}

export interface ParsedTrace {
  readonly records: TraceRecord[]
  readonly problems: TraceProblem[]
}

const maxDetail = 160

/**
 * Reads the lines of one event log. A line cut off by the end of its process is counted, also when the restarted
 * process went on in the same line; other lines that cannot be read are counted as malformed.
 * Throws `TRACE_VERSION` on a record of another version.
 */
export function parseTrace(lines: Iterable<string>): ParsedTrace {
  const records: TraceRecord[] = []
  const problems: TraceProblem[] = []
  let number = 0
  for (const line of lines) {
    number++
    if (line.trim() === '') continue
    const { value, cut } = readJson(line)
    if (cut) problems.push({ kind: 'truncated', line: number, detail: line.slice(0, maxDetail) })
    if (value === undefined) continue
    checkVersion(value, number)
    const record = readRecord(value)
    if (typeof record === 'string') problems.push({ kind: 'malformed', line: number, detail: record })
    else records.push(record)
  }
  return { records, problems }
}

function readJson(line: string): { readonly value: unknown; readonly cut: boolean } {
  const whole = tryJson(line)
  if (whole !== undefined) return { value: whole, cut: false }
  const next = line.indexOf(recordStart, 1)
  return { value: next < 0 ? undefined : tryJson(line.slice(next)), cut: true }
}

/** How every record begins: where a restarted process went on after the torn line of its predecessor. */
const recordStart = '{"v":'

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function checkVersion(value: unknown, line: number): void {
  const version = typeof value === 'object' && value !== null && 'v' in value ? value.v : undefined
  if (version === traceVersion || version === undefined) return
  const message = `line ${line}: event log version ${JSON.stringify(version)} is unknown, this program reads version ${traceVersion}`
  throw new CodedError('TRACE_VERSION', message, { line, version })
}

/** One log from many: ordered by `monoMs`; equal times keep the order of the traces and, within one, of its lines. */
export function mergeTraces(traces: readonly (readonly TraceRecord[])[]): TraceRecord[] {
  return traces.flat().sort((a, b) => a.monoMs - b.monoMs)
}
