import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import {
  identify,
  isAlive,
  type ProcessIdentity,
} from '../../packages/controller/src/runtime/process-identity.ts'

const main = fileURLToPath(new URL('../../packages/controller/src/main.ts', import.meta.url))

/** A folder to run in, and the command line as a person starts it. */
export interface Workspace {
  readonly folder: string
  start(scenario: string, ...options: readonly string[]): Run
  command(...args: readonly string[]): Run
  /** Through a program that starts the command line, its first argument, and waits, as the one behind `npm run` does. */
  launch(program: string, scenario: string): Run
  /** Kills what is still there and forgets the folder. */
  dispose(): Promise<void>
}

export interface Run {
  readonly pid: number
  /** What it wrote on standard error so far. */
  said(): string
  /** The same of standard output. */
  printed(): string
  /** Resolves when the text was written on standard error. Rejects if the command ends before. */
  until(text: string): Promise<void>
  /** Resolves when the condition holds. Rejects if the command ends before. */
  begins(holds: () => boolean): Promise<void>
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string }>
  signal(signal: NodeJS.Signals): void
  /** Nobody reads standard error any more. */
  closeOutput(): void
  /** Everything that the command started and that lives now, by the process table. */
  family(): ProcessIdentity[]
  /** The parsed JSON file of the newest run. */
  json(file: string): Record<string, unknown>
  runFolder(): string
}

export function workspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'groundwork-e2e-'))
  const runs: { child: ChildProcess; seen: Map<number, ProcessIdentity> }[] = []
  const command = (...args: readonly string[]): Run => spawnRun([main, ...args], {})
  const spawnRun = (args: readonly string[], environment: Readonly<Record<string, string>>): Run => {
    const child = spawn(process.execPath, [...args], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const seen = new Map<number, ProcessIdentity>()
    runs.push({ child, seen })
    return runOf(child, seen, folder)
  }
  return {
    folder,
    command,
    start(scenario, ...options) {
      const file = join(folder, `scenario-${runs.length}.yaml`)
      writeFileSync(file, scenario)
      return command('run', file, ...options)
    },
    launch(program, scenario) {
      const file = join(folder, `scenario-${runs.length}.yaml`)
      writeFileSync(file, scenario)
      return spawnRun([program, main, 'run', file], { GROUNDWORK_CWD: folder })
    },
    async dispose() {
      for (const { child, seen } of runs) {
        for (const identity of seen.values()) if (isAlive(identity)) process.kill(identity.pid, 'SIGKILL')
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      }
      await delay(50)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function runOf(child: ChildProcess, seen: Map<number, ProcessIdentity>, folder: string): Run {
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout }))
  const pid = child.pid as number
  const runFolder = (): string => join(folder, 'runs', 'latest')
  const waitFor = async (what: string, holds: () => boolean): Promise<void> => {
    while (!holds()) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`ended before ${what}: ${(await ended).stdout}${stderr}`)
      await delay(20)
    }
  }
  return {
    pid,
    said: () => stderr,
    printed: () => stdout,
    until: (text) => waitFor(`"${text}"`, () => stderr.includes(text)),
    begins: (holds) => waitFor('what was awaited', holds),
    ended,
    signal: (signal) => void child.kill(signal),
    closeOutput: () => void child.stderr?.destroy(),
    family() {
      for (const identity of descendants(pid)) seen.set(identity.pid, identity)
      return [...seen.values()].filter(isAlive)
    },
    json: (file) => JSON.parse(readFileSync(join(runFolder(), file), 'utf8')),
    runFolder,
  }
}

/** Below a process, by the parents that /proc names. Of a process that has ended: nobody. */
function descendants(root: number): ProcessIdentity[] {
  const children = new Map<number, number[]>()
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const parent = parentOf(Number(entry))
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), Number(entry)])
  }
  const found = [...(children.get(root) ?? [])]
  for (const pid of found) found.push(...(children.get(pid) ?? []))
  return found.map(identify)
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return null
  }
}

/** Resolves when all of them are gone; a test that waits for ever fails by its timeout. */
export async function allGone(family: readonly ProcessIdentity[]): Promise<void> {
  while (family.some(isAlive)) await delay(20)
}

/** The pid of a node's process, as its own log says; the newest if it was restarted. */
export function pidOf(run: Run, node: string): number {
  const log = readFileSync(join(run.runFolder(), 'nodes', node, 'events.jsonl'), 'utf8')
  const started = log.split('\n').filter((line) => line.includes('"node-started"'))
  return (JSON.parse(started.at(-1) as string) as { pid: number }).pid
}

export function processState(pid: number): string | null {
  if (!existsSync(`/proc/${pid}`)) return null
  return /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? null
}

/** What the command says when the timeline begins. */
export const ready = 'network ready'

/** What checks said that did not pass. That the machine was too slow beside other tests is no check. */
export function refuted(run: Run): readonly string[] {
  const { checks } = run.json('verdict.json') as { checks: { verdict: string; detail: string }[] }
  expect(checks.length).toBeGreaterThan(0)
  return checks.filter(({ verdict }) => verdict !== 'pass').map(({ detail }) => detail)
}

/** A scenario with four validators and few demands. */
export const small = (timeline: string, durationS: number): string => `name: small
network: { validators: 4 }
workload: { rate: 20/s, accounts: 8 }
timeline: ${timeline}
checks: [agreement, no-false-blame]
duration: ${durationS}s
`

/** Of a small network: four validators, a relay, a reaper. */
const familySize = 6

/** The processes of a small network that has started. */
export async function whole(run: Run, size: number = familySize): Promise<ProcessIdentity[]> {
  while (run.family().length < size) await delay(10)
  return run.family()
}
