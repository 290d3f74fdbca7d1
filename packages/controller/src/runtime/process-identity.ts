import { readFileSync } from 'node:fs'

/** A pid may be reused; together with its start time it names one process for ever (as long as the machine is up). */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot, from /proc; null where there is no /proc. */
  readonly startTime: string | null
}

export function identify(pid: number): ProcessIdentity {
  return { pid, startTime: startTimeOf(pid) }
}

/** Whether exactly this process is still there (a zombie is not). */
export function isAlive({ pid, startTime }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return startTime === null || (startTimeOf(pid) === startTime && stateOf(pid) !== 'Z')
}

/** Does nothing if the process has ended, whoever has its pid now. `group`: also to all processes of the group that it leads. */
export function signalProcess(
  identity: ProcessIdentity,
  signal: NodeJS.Signals,
  group: boolean = false,
): void {
  if (!isAlive(identity)) return
  try {
    process.kill(group ? -identity.pid : identity.pid, signal)
  } catch {
    // It ended in between.
  }
}

// Field 2 of /proc/PID/stat is the command in parentheses and may hold anything: count from the last one.
function statOf(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

const startTimeOf = (pid: number): string | null => statOf(pid)?.[19] ?? null
const stateOf = (pid: number): string | null => statOf(pid)?.[0] ?? null
