import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clean } from '../../src/doctor/clean.ts'
import { type DockerProject, inUseBy, readLabelled } from '../../src/doctor/docker-leftovers.ts'
import { findLeftovers } from '../../src/doctor/leftovers.ts'
import { findOrphans, parsePs } from '../../src/doctor/processes.ts'
import { runFolders, runOwner, runState } from '../../src/run-owner.ts'

let base: string
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'groundwork-doctor-'))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

function runFolder(scenario: string, facts: object | null, verdict = false): string {
  const path = join(base, scenario, '2025-01-01_00-00-00-000')
  mkdirSync(path, { recursive: true })
  if (facts !== null) writeFileSync(join(path, 'run.json'), JSON.stringify(facts))
  if (verdict) writeFileSync(join(path, 'verdict.json'), '{}')
  return path
}

const gone = { host: hostname(), pid: 2 ** 22 + 1, startTime: '1' }

describe('a run folder', () => {
  it.each([
    ['of a run that goes on', { endedAt: null, controller: runOwner() }, false, 'going-on'],
    [
      'of a run on another host',
      { endedAt: null, controller: { ...gone, host: 'elsewhere' } },
      false,
      'going-on',
    ],
    ['that has an end', { endedAt: '2025-01-01T00:00:00Z', controller: gone }, false, 'ended'],
    ['that was judged afterwards', { endedAt: null, controller: gone }, true, 'ended'],
    ['whose controller is gone', { endedAt: null, controller: gone }, false, 'killed'],
    [
      'whose pid has a new owner',
      { endedAt: null, controller: { ...runOwner(), startTime: '1' } },
      false,
      'killed',
    ],
    ['without facts', null, false, 'unknown'],
  ] as const)('%s', (what, facts, verdict, state) => {
    expect(runState(runFolder(what.replaceAll(' ', '-'), facts, verdict))).toBe(state)
  })

  it('is two levels below the folder of runs', () => {
    expect(runFolders(base)).toHaveLength(7)
    expect(runFolders(join(base, 'none'))).toEqual([])
  })
})

describe('leftovers without an engine', () => {
  it('are runs that were killed; files of networks may still be used', async () => {
    mkdirSync(join(base, '.networks', 'mine'), { recursive: true })
    const found = await findLeftovers(null, base)
    const runs = found.filter(({ kind }) => kind === 'run').map(({ name }) => name)
    expect(runs).toEqual([
      runFolder('whose-controller-is-gone', null),
      runFolder('whose-pid-has-a-new-owner', null),
    ])
    expect(found.filter(({ kind }) => kind !== 'run' && kind !== 'process')).toEqual([])
  })

  it('that cannot be judged are named, and the rest goes on', async () => {
    const broken = {
      kind: 'run',
      name: 'broken',
      detail: '',
      inUse: null,
      path: runFolder('that-has-an-end', null),
    } as const
    const files = join(base, '.networks', 'mine')
    const inUse = { kind: 'files', name: 'used', detail: '', inUse: 'it is', path: base } as const
    const idle = { kind: 'files', name: files, detail: '', inUse: null, path: files } as const
    expect(await clean([broken, inUse, idle], null, false)).toEqual([
      { name: 'broken', done: 'failed', problem: expect.stringContaining('plan.json: no such file') },
      { name: files, done: 'removed', problem: null },
    ])
    expect(runFolders(base)).toHaveLength(7)
  })
})

it('what is in use goes only by force', async () => {
  const path = join(base, '.networks', 'used')
  mkdirSync(path, { recursive: true })
  const used = { kind: 'files', name: 'used', detail: '', inUse: 'it is', path } as const
  expect(await clean([used], null, false)).toEqual([])
  expect(existsSync(path)).toBe(true)
  expect(await clean([used], null, true)).toEqual([{ name: 'used', done: 'removed', problem: null }])
  expect(existsSync(path)).toBe(false)
})

describe('a project of containers', () => {
  const nowMs = 1_000_000_000
  const old = { name: 'n', project: 'p', createdMs: nowMs - 500_000 }
  const young = { ...old, createdMs: nowMs - 5_000 }
  const one = (state: 'running' | 'exited') => [{ id: 'c', state, composeFile: null }]
  const project = (change: Partial<DockerProject>): DockerProject => ({
    name: 'p',
    containers: [],
    networks: [old],
    volumes: [],
    run: null,
    ...change,
  })
  it.each<[string, Partial<DockerProject>, RegExp | null]>([
    ['of a run that goes on', { run: 'going-on', containers: one('running') }, /a run goes on/],
    ['of a run that was killed', { run: 'killed', containers: one('running') }, null],
    ['of a run that has ended', { run: 'ended', containers: one('exited'), networks: [young] }, null],
    ['of a run whose folder is gone', { run: 'unknown', containers: one('running') }, null],
    [
      'of a run whose folder is not there yet',
      { run: 'unknown', networks: [young] },
      /less than two minutes/,
    ],
    ['that a person started', { containers: one('running') }, /is up: groundwork down --project p/],
    ['that a person stopped', { containers: one('exited') }, /is stopped/],
    ['that is being made', { networks: [old, young] }, /less than two minutes/],
    ['of which networks are left', {}, null],
    ['of which disks are left', { networks: [], volumes: [old] }, null],
  ])('%s', (_, change, expected) => {
    const why = inUseBy(project(change), nowMs)
    if (expected === null) expect(why).toBeNull()
    else expect(why).toMatch(expected)
  })

  it('is told by labels, as docker writes them', () => {
    const networks = `[{"Name":"a_link-v1","Id":"x","Created":"2026-11-21T12:18:36.171564588Z","Labels":{"io.groundwork.project":"a"}}]`
    const volumes = `[{"CreatedAt":"2026-11-21T12:18:36Z","Labels":{"io.groundwork.project":"b"},"Name":"b_home-v1"},{"Name":"c","Labels":null}]`
    const createdMs = Date.UTC(2026, 10, 21, 12, 18, 36)
    expect(readLabelled(JSON.parse(networks))).toEqual([
      { name: 'a_link-v1', project: 'a', createdMs: createdMs + 171 },
    ])
    expect(readLabelled(JSON.parse(volumes))).toEqual([
      { name: 'b_home-v1', project: 'b', createdMs },
      { name: 'c', project: '', createdMs: 0 },
    ])
  })
})

describe('processes without a controller', () => {
  const root = '/home/me/groundwork'
  const validator = `${root}/packages/validator/src/main.mjs`
  const relays = `${root}/packages/wan/src/relay/main.ts`
  const config = '/home/me/runs/x/1/nodes/v1/config.json'
  const over = (folder: string): boolean => folder === '/home/me/runs/x/1'
  const line = (pid: number, parent: number, ...words: string[]) => ({ pid, parent, words })
  const pids = (...table: ReturnType<typeof line>[]) => findOrphans(table, root, over).map(({ pid }) => pid)

  it('are validators of a run that is over, and relays without a parent', () => {
    expect(pids(line(10, 1, 'node', validator, '--config', config), line(11, 1, 'node', relays))).toEqual([
      10, 11,
    ])
    expect(pids(line(11, 99, 'node', relays))).toEqual([11])
  })

  it('are bundled validators of this clone too', () => {
    const bundle = `${root}/node_modules/.cache/groundwork/validator-0123456789abcdef/validator.mjs`
    const found = (program: string) => pids(line(10, 1, 'node', program, '--config', config))
    expect(found(bundle)).toEqual([10])
    expect(found(bundle.replace('me/', 'you/'))).toEqual([])
    expect(found(bundle.replace('validator-0', 'other-0'))).toEqual([])
    expect(found(bundle.replace('/groundwork/validator', '/elsewhere/validator'))).toEqual([])
  })

  it('are none that somebody still has', () => {
    const controller = line(5, 4, '/usr/bin/node', `${root}/packages/controller/src/main.ts`, 'run')
    expect(
      pids(controller, line(10, 5, 'node', validator, '--config', config), line(11, 5, 'node', relays)),
    ).toEqual([])
  })

  it('are none of a run that goes on, of a person, or of another clone', () => {
    expect(pids(line(10, 1, 'node', validator, '--config', config.replace('/1/', '/2/')))).toEqual([])
    expect(pids(line(10, 1, 'node', validator, '--config', '/home/me/config.json'))).toEqual([])
    expect(pids(line(10, 1, 'node', validator))).toEqual([])
    expect(pids(line(10, 1, 'node', validator.replace('me', 'you'), '--config', config))).toEqual([])
    expect(pids(line(10, 1, 'vim', config, validator.replace('.mjs', '')))).toEqual([])
  })

  it('are listed by ps where there is no /proc', () => {
    const text = `    1     0 /sbin/launchd\n  512     1 node ${relays}\n\nnonsense\n`
    expect(parsePs(text)).toEqual([line(1, 0, '/sbin/launchd'), line(512, 1, 'node', relays)])
  })
})
