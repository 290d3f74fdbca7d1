import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'
import { fileURLToPath } from 'node:url'

/** What a reader of the figures must know of the machine and the program that made them. */
export interface MachineFacts {
  readonly groundwork: string
  readonly node: string
  /** Of the working tree of the program, with `+` if files differ from it; null outside a clone. */
  readonly commit: string | null
  readonly cores: number
  readonly cpu: string
  readonly memoryMiB: number
  readonly kernel: string
}

export const repositoryRoot: string = fileURLToPath(new URL('../../..', import.meta.url))

export function programVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

export function machineFacts(): MachineFacts {
  return {
    groundwork: programVersion(),
    node: process.version,
    commit: gitCommit(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    kernel: `${type()} ${release()}`,
  }
}

function gitCommit(): string | null {
  const git = (...args: readonly string[]): string =>
    execFileSync('git', [...args], {
      cwd: repositoryRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 5000,
    }).trim()
  try {
    return git('rev-parse', '--short=12', 'HEAD') + (git('status', '--porcelain', '-uno') === '' ? '' : '+')
  } catch {
    return null
  }
}
