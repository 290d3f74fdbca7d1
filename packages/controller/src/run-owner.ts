import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { identify, isAlive, type ProcessIdentity } from './runtime/process-identity.ts'

/** The controller of a run. On another host, nobody here can say whether it is alive. */
export interface RunOwner extends ProcessIdentity {
  readonly host: string
}

export function runOwner(): RunOwner {
  return { host: hostname(), ...identify(process.pid) }
}

/** What became of the run of a folder, as far as its files and this machine know. */
export type RunState = 'going-on' | 'ended' | 'killed' | 'unknown'

interface Facts {
  readonly endedAt?: string | null
  readonly controller?: RunOwner
}

/** A run without an end and without a verdict whose controller is gone was killed. `unknown`: not a run folder. */
export function runState(folder: string): RunState {
  let facts: Facts
  try {
    facts = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as Facts
  } catch {
    return 'unknown'
  }
  if (typeof facts.endedAt === 'string' || existsSync(join(folder, 'verdict.json'))) return 'ended'
  const { controller } = facts
  if (controller === undefined) return 'killed'
  return controller.host !== hostname() || isAlive(controller) ? 'going-on' : 'killed'
}

/** `<base>/<scenario>/<time>`, oldest first; links are not followed. */
export function runFolders(base: string): string[] {
  return foldersIn(base).flatMap(foldersIn)
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => join(path, name))
      .sort()
  } catch {
    return []
  }
}
