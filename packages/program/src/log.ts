import { type Logger, pino } from 'pino'
import type { CommonConfig } from './settings.ts'

export type Log = Logger

/** JSON lines to the log file or standard error, never to standard output. Written at once: the last line of a process counts most. */
export function createLog({
  name,
  logLevel,
  logFile,
}: Pick<CommonConfig, 'name' | 'logLevel' | 'logFile'>): Log {
  const destination = pino.destination({ dest: logFile ?? 2, sync: true, mkdir: true, append: true })
  destination.on('error', () => {})
  return pino(
    { base: { node: name }, level: logLevel, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  )
}
