import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { setPriority } from 'node:os'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { CodedError } from '@groundwork/primitives'
import { readTail } from './log-tail.ts'
import { identify, type ProcessIdentity } from './process-identity.ts'

export interface ChildOptions {
  readonly name: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Standard error and whatever follows the ready line on standard output. */
  readonly logFile: string
  readonly readyWithinMs: number
  /** How far the process stands back behind others; 0 (the default) is like any. */
  readonly niceness?: number
}

export interface ChildExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** A process of ours. It ends when its standard input does, and that is a pipe to this process: it cannot outlive us. */
export interface Child {
  readonly name: string
  readonly identity: ProcessIdentity
  /** The JSON that it printed as its first line. */
  readonly ready: Promise<unknown>
  readonly exited: Promise<ChildExit>
  running(): boolean
  signal(signal: NodeJS.Signals): void
  /** SIGTERM, and SIGKILL after the grace. */
  end(graceMs: number): Promise<void>
}

/** Starts `process.execPath` with the arguments. `ready` rejects with `CHILD_START` and the log's tail if it ends or is silent. */
export function startChild(options: ChildOptions): Child {
  mkdirSync(dirname(options.logFile), { recursive: true })
  const log = openSync(options.logFile, 'a')
  let child: ChildProcess
  try {
    // A session of its own: Ctrl-C in the terminal reaches the controller only, which then ends its children in order.
    child = spawn(process.execPath, [...options.args], {
      detached: true,
      stdio: ['pipe', 'pipe', log],
      env: { ...childEnvironment(), ...options.env },
    })
  } finally {
    closeSync(log)
  }
  standBack(child.pid, options.niceness ?? 0)
  let exit: ChildExit | null = null
  const exited = new Promise<ChildExit>((resolve) => {
    const settle = (code: number | null, signal: NodeJS.Signals | null): void => {
      exit ??= { code, signal }
      resolve(exit)
    }
    child.on('exit', settle)
    child.on('error', () => settle(null, null))
  })
  child.stdin?.on('error', () => {})
  const self: Child = {
    name: options.name,
    identity: identify(child.pid ?? 0),
    ready: readyLine(child, exited, options),
    exited,
    running: () => exit === null,
    signal: (signal) => void (exit === null && child.kill(signal)),
    end: async (graceMs) => {
      self.signal('SIGTERM')
      self.signal('SIGCONT')
      const impatient = new AbortController()
      const grace = delay(graceMs, undefined, { signal: impatient.signal }).then(() => self.signal('SIGKILL'))
      await Promise.race([exited, grace.catch(() => {})])
      await exited
      impatient.abort()
    },
  }
  return self
}

/** At once: threads that the process starts later inherit it. */
function standBack(pid: number | undefined, niceness: number): void {
  if (pid === undefined || niceness === 0) return
  try {
    setPriority(pid, niceness)
  } catch {
    // It ended at once, which is told in another way.
  }
}

/** Ours without what sets a node's options: a variable meant for one would hit them all. */
function childEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GROUNDWORK_')))
}

function readyLine(child: ChildProcess, exited: Promise<ChildExit>, options: ChildOptions): Promise<unknown> {
  const failure = (what: string): CodedError => {
    const tail = readTail(options.logFile, 600)
    return new CodedError(
      'CHILD_START',
      `${options.name} ${what}${tail === '' ? '' : `; its log ends: ${tail}`}`,
    )
  }
  const ready = new Promise<unknown>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(failure(`was not ready within ${options.readyWithinMs} ms`))
    }, options.readyWithinMs)
    if (child.stdout === null) return
    const lines = createInterface({ input: child.stdout })
    lines.once('line', (line) => {
      clearTimeout(timer)
      try {
        resolve(JSON.parse(line))
      } catch {
        reject(failure(`printed "${line.slice(0, 120)}" where its ready line was expected`))
      }
    })
    void exited.then(({ code, signal }) => {
      clearTimeout(timer)
      reject(failure(`ended before it was ready (${signal ?? `exit code ${code}`})`))
    })
  })
  // Whoever does not wait for it must not crash on its rejection.
  ready.catch(() => {})
  return ready
}
