import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identify, isAlive, signalProcess } from '../../packages/controller/src/runtime/process-identity.ts'
import { pidOf, processState, ready, small, type Workspace, whole, workspace } from './groundwork.ts'

const main = fileURLToPath(new URL('../../packages/controller/src/main.ts', import.meta.url))
let place: Workspace
beforeEach(() => {
  place = workspace()
})
afterEach(() => place.dispose())

interface Answer {
  readonly version: number
  readonly runtimes: Readonly<Record<string, { readonly ready: boolean; readonly detail: string }>>
  readonly probes: readonly { readonly name: string; readonly status: string; readonly mend?: string }[]
  readonly clean: boolean
  readonly leftovers: readonly {
    readonly kind: string
    readonly name: string
    readonly inUse: string | null
  }[]
  readonly cleaned: readonly {
    readonly name: string
    readonly done: string
    readonly problem: string | null
  }[]
}

/** With the environment of somebody who has no Docker at all, unless told otherwise. */
function doctor(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = { PATH: place.folder },
) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'doctor', ...args], {
    cwd: place.folder,
    encoding: 'utf8',
    env: { ...process.env, GROUNDWORK_CWD: place.folder, NO_COLOR: '1', ...environment },
  })
  return { status, stdout, stderr, answer: (): Answer => JSON.parse(stdout) }
}

const statusOf = (answer: Answer, name: string): string | undefined =>
  answer.probes.find((probe) => probe.name === name)?.status
/** Others may use this machine. */
const ownLeftovers = (answer: Answer) => answer.leftovers.filter(({ name }) => name.startsWith(place.folder))

describe('doctor', () => {
  it('without a docker client: everything but containers can run', () => {
    const { status, stderr, answer } = doctor(['--json'])
    expect([status, stderr]).toEqual([0, ''])
    const { runtimes, probes } = answer()
    expect(runtimes.process).toMatchObject({ ready: true })
    expect(runtimes.docker).toEqual({ ready: false, detail: 'missing: client' })
    const client = probes.find(({ name }) => name === 'client')
    expect(client).toMatchObject({ status: 'missing', mend: expect.stringMatching(/docker/i) })
    expect(doctor(['--for', 'docker', '--json']).status).toBe(2)
    expect(existsSync(join(place.folder, 'runs'))).toBe(false)
  })

  it('is a table for people', () => {
    const { status, stdout } = doctor([])
    expect(status).toBe(0)
    const lines = stdout.split('\n')
    expect(lines).toContain('machine')
    expect(lines.find((line) => line.includes(' node '))).toMatch(/^ {2}ok {7}node +v\d+/)
    expect(lines.find((line) => line.includes(' client '))).toMatch(
      /^ {2}MISSING {2}client +no docker client/,
    )
    expect(lines.find((line) => line.startsWith('  NO'))).toMatch(/docker +missing: client$/)
  })

  it('with a client of which nobody answers: says how to start the daemon', () => {
    // What the client of Docker 28 writes.
    const said =
      'failed to connect to the docker API at unix:///nonexistent.sock; check if the path is correct'
    const bin = join(place.folder, 'bin')
    mkdirSync(bin)
    const script = `#!/bin/sh\ncase "$1" in\n--version) echo "Docker version 28.2.2, build e6534b4";;\ncompose) echo 2.26.1-4;;\nbuildx) echo "buildx 0.13.1";;\n*) echo "${said}" >&2; exit 1;;\nesac\n`
    writeFileSync(join(bin, 'docker'), script, { mode: 0o755 })
    const answer = doctor(['--json'], { PATH: bin }).answer()
    expect([statusOf(answer, 'client'), statusOf(answer, 'daemon'), statusOf(answer, 'compose')]).toEqual([
      'ok',
      'missing',
      'ok',
    ])
    expect(answer.runtimes.docker?.detail).toContain('daemon')
    const environment = { PATH: bin, GROUNDWORK_CWD: place.folder }
    const run = spawnSync(process.execPath, [main, 'run', 'baseline', '--runtime', 'docker'], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    })
    expect(run.stderr).toMatch(/^groundwork: the Docker daemon does not answer; [^\n]*\n$/)
    expect(existsSync(join(place.folder, 'runs', 'baseline'))).toBe(false)
  })

  it('leaves a run alone that goes on, and judges one whose controller was killed', async () => {
    const run = place.start(small('[]', 60))
    await run.until(ready)
    expect(ownLeftovers(doctor(['--clean', '--force', '--json']).answer())).toEqual([])
    const family = await whole(run)
    const folder = realpathSync(run.runFolder())
    run.signal('SIGKILL')
    await run.ended
    while (family.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20))
    const found = doctor(['--json']).answer()
    expect(found.clean).toBe(false)
    expect(ownLeftovers(found)).toMatchObject([{ kind: 'run', inUse: null }])
    expect(realpathSync(ownLeftovers(found)[0]?.name ?? '')).toBe(folder)
    const { status, answer } = doctor(['--clean', '--json'])
    expect(status).toBe(0)
    expect(answer().cleaned).toMatchObject([{ done: 'judged: invalid', problem: null }])
    expect(ownLeftovers(answer())).toEqual([])
    const verdict = JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8'))
    expect(verdict.reasons.join()).toContain('the controller was killed')
    expect(existsSync(join(folder, 'nodes', 'v1', 'data'))).toBe(false)
    expect(ownLeftovers(doctor(['--json']).answer())).toEqual([])
  })

  it('ends a frozen validator whose controller and reaper were killed', async () => {
    const run = place.start(small('[]', 60))
    await run.until(ready)
    const family = await whole(run)
    const frozen = identify(pidOf(run, 'v2'))
    signalProcess(frozen, 'SIGSTOP')
    while (processState(frozen.pid) !== 'T') await new Promise((resolve) => setTimeout(resolve, 20))
    const reaper = family.find(({ pid }) => commandOf(pid).includes('reaper-main.ts'))
    signalProcess(reaper!, 'SIGKILL')
    run.signal('SIGKILL')
    await run.ended
    const others = family.filter(({ pid }) => pid !== frozen.pid)
    while (others.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isAlive(frozen)).toBe(true)
    const { leftovers } = doctor(['--json']).answer()
    expect(leftovers).toContainEqual(
      expect.objectContaining({ kind: 'process', name: `process ${frozen.pid}`, inUse: null }),
    )
    const { cleaned } = doctor(['--clean', '--json']).answer()
    expect(cleaned).toContainEqual({ name: `process ${frozen.pid}`, done: 'ended', problem: null })
    expect(isAlive(frozen)).toBe(false)
  })
})

function commandOf(pid: number): string {
  return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
}
