import { execFileSync, spawnSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { describe } from 'vitest'

/** Why there is no Docker engine to test with; null if there is one. */
function engineProblem(): string | null {
  const version = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' })
  if (version.error !== undefined) return 'no docker client'
  if (version.status !== 0) return 'no Docker Compose v2'
  const info = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { encoding: 'utf8' })
  return info.status === 0 ? null : 'no Docker daemon answers'
}

const answerWithinMs = 60_000
const problem = engineProblem()
if (problem !== null) {
  if (process.env.GROUNDWORK_REQUIRE_DOCKER === '1')
    throw new Error(`tests with containers must run: ${problem}`)
  process.stderr.write(`\nSKIPPED: all tests with containers of this file: ${problem}\n\n`)
}

/** `describe` where there is a Docker engine. */
export const describeDocker: typeof describe.skip = problem === null ? describe : describe.skip

/** Throws when the daemon does not answer: a test's own time limit cannot interrupt a call that blocks. */
export function docker(...args: readonly string[]): string {
  return execFileSync('docker', [...args], {
    encoding: 'utf8',
    timeout: answerWithinMs,
    killSignal: 'SIGKILL',
  })
}

const label = 'label=io.groundwork.project'

/** Containers, networks and volumes of one project, or of all of ours, by their ids. */
export function remains(project?: string): string[] {
  const filter = ['--filter', project === undefined ? label : `${label}=${project}`]
  const lists = [
    ['ps', '-aq', ...filter],
    ['network', 'ls', '-q', ...filter],
    ['volume', 'ls', '-q', ...filter],
  ]
  return lists.flatMap((args) => docker(...args).split('\n')).filter((id) => id !== '')
}

/** Resolves when nothing is left; a test that waits for ever fails by its timeout. */
export async function nothingLeft(project?: string): Promise<void> {
  while (remains(project).length > 0) await delay(200)
}

/** The project that a run said it uses. */
export function projectOf(said: string): string {
  return /project (groundwork-run-[0-9a-f]+)/.exec(said)?.[1] as string
}

/** Filters for `docker ps`: containers of a project with a role. */
export function ofRole(project: string, role: string): string[] {
  return ['--filter', `${label}=${project}`, '--filter', `label=io.groundwork.role=${role}`]
}

/** The container of a node, or of `router` or `controller`. */
export function containerOf(project: string, service: string): string {
  const filter = `label=com.docker.compose.service=${service}`
  return docker('ps', '-aq', '--filter', `${label}=${project}`, '--filter', filter).trim()
}
