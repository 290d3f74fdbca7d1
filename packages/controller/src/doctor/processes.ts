import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import { repositoryRoot } from '../machine.ts'
import { runState } from '../run-owner.ts'
import { identify, type ProcessIdentity } from '../runtime/process-identity.ts'

/** One line of the process table. */
export interface ProcessLine {
  readonly pid: number
  readonly parent: number
  readonly words: readonly string[]
}

export interface Orphan {
  readonly identity: ProcessIdentity
  readonly what: string
}

/** Processes of runs whose controller is gone. Those that end by themselves within a second or two are among them. */
export function orphans(): Orphan[] {
  return findOrphans(processTable(), repositoryRoot, (folder) =>
    ['ended', 'killed'].includes(runState(folder)),
  ).map(({ pid, what }) => ({ identity: identify(pid), what }))
}

const validator = join('packages', 'validator', 'src', 'main.mjs')
/** Where a validator is bundled to: `validator-FINGERPRINT/validator.mjs` below it. */
const bundles = join('node_modules', '.cache', 'groundwork')
const relays = join('packages', 'wan', 'src', 'relay', 'main.ts')

/**
 * Ours is what runs a program of this very clone: a validator with the configuration of a run that has ended, or relays
 * whose parent is gone. A validator that a person started has a configuration elsewhere. Pure.
 */
export function findOrphans(
  table: readonly ProcessLine[],
  root: string,
  isOver: (runFolder: string) => boolean,
): { readonly pid: number; readonly what: string }[] {
  const alive = new Set(table.map(({ pid }) => pid))
  return table.flatMap(({ pid, parent, words }) => {
    const runs = (program: string): boolean => words.includes(join(root, program))
    if (runs(validator) || words.some((word) => isBundle(word, root))) {
      const folder = runFolderOf(words[words.indexOf('--config') + 1] ?? '')
      if (folder === null || !isOver(folder) || isOurs(table, parent, root)) return []
      return [{ pid, what: `a validator of ${folder}, whose controller is gone` }]
    }
    // Its standard input ends with its controller, and so does it: only a frozen one is still there.
    const orphaned = parent <= 1 || !alive.has(parent)
    return runs(relays) && orphaned ? [{ pid, what: 'relays whose controller is gone' }] : []
  })
}

function isBundle(path: string, root: string): boolean {
  const folder = dirname(path)
  const named = basename(path) === 'validator.mjs' && basename(folder).startsWith('validator-')
  return named && dirname(folder) === join(root, bundles)
}

/** `<run folder>/nodes/<name>/config.json` */
function runFolderOf(config: string): string | null {
  const nodes = dirname(dirname(config))
  return nodes.endsWith(`${sep}nodes`) ? dirname(nodes) : null
}

/** A controller, a test, a demonstration: whoever started it is there to end it. */
function isOurs(table: readonly ProcessLine[], pid: number, root: string): boolean {
  if (pid <= 1) return false
  const found = table.find((line) => line.pid === pid)
  return found?.words.some((word) => word.startsWith(root + sep) || word.startsWith('node')) ?? false
}

function processTable(): ProcessLine[] {
  return process.platform === 'linux' ? procTable() : psTable()
}

function procTable(): ProcessLine[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0').filter(Boolean)
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        // Field 2 may hold anything: count from its end.
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return [{ pid: Number(name), parent, words }]
      } catch {
        return []
      }
    })
}

/** Words with spaces in them are torn: then a program is not found, never a wrong one. */
function psTable(): ProcessLine[] {
  try {
    return parsePs(execFileSync('ps', ['-axo', 'pid=,ppid=,command='], { encoding: 'utf8', timeout: 5000 }))
  } catch {
    return []
  }
}

export function parsePs(text: string): ProcessLine[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return pid === undefined
      ? []
      : [{ pid: Number(pid), parent: Number(parent), words: (command ?? '').split(/\s+/) }]
  })
}
