import { spawnSync } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { containerOf, describeDocker, docker, remains } from './docker.ts'
import { type Workspace, workspace } from './groundwork.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const project = 'groundwork'
const validators = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7']
const farmers = ['f1', 'f2', 'f3', 'f4', 'f5', 'f6']
const nodes = [...validators, ...farmers]

interface Inspected {
  readonly Name: string
  readonly Config: { readonly User: string; readonly Labels: Readonly<Record<string, string>> }
  readonly State: { readonly Health: { readonly Status: string } }
  readonly HostConfig: {
    readonly CapAdd: readonly string[] | null
    readonly CapDrop: readonly string[] | null
    readonly Privileged: boolean
    readonly ReadonlyRootfs: boolean
    readonly Memory: number
    readonly NanoCpus: number
    readonly PidsLimit: number
    readonly Binds: readonly string[] | null
  }
  readonly Mounts: readonly { readonly Source: string; readonly Destination: string; readonly RW: boolean }[]
  readonly NetworkSettings: { readonly Ports: Readonly<Record<string, readonly { HostIp: string }[] | null>> }
}

interface NodeView {
  readonly name: string
  readonly role: string
  readonly state: string
  readonly height: number
  readonly slot: number | null
  readonly restarts: number
}

/** As a person types it in the root of the repository; standard error is progress. */
function compose(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', ['compose', ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`docker compose ${args[0]}: ${stderr}`)
  return stdout
}

async function ask<T>(path: string): Promise<T> {
  // The controller is killed in between, and its connections with it.
  const answer = await fetch(`http://127.0.0.1:8080${path}`, { headers: { connection: 'close' } })
  return answer.json() as Promise<T>
}

async function views(): Promise<readonly NodeView[]> {
  return (await ask<{ nodes: readonly NodeView[] }>('/v1/nodes')).nodes
}

const firstSlot = async (): Promise<number> =>
  (await ask<{ physicalTimeMs: number }>('/v1/settled')).physicalTimeMs

/** Waits for ever; the test's time-out is the bound. */
async function until(is: (nodes: readonly NodeView[]) => boolean): Promise<readonly NodeView[]> {
  for (;;) {
    const seen = await views()
    if (is(seen)) return seen
    await delay(200)
  }
}

function inspect(): readonly Inspected[] {
  const ids = docker('ps', '-q', '--filter', `label=io.groundwork.project=${project}`)
    .split('\n')
    .filter(Boolean)
  return JSON.parse(docker('inspect', ...ids)) as Inspected[]
}

function inside(service: string, ...command: readonly string[]) {
  return spawnSync('docker', ['exec', containerOf(project, service), ...command], { encoding: 'utf8' })
}

const farming = (all: readonly NodeView[]): readonly NodeView[] =>
  all.filter(({ role, state, height }) => role === 'farmer' && state === 'up' && height > 0)
const highest = (all: readonly NodeView[]): number => Math.max(...farming(all).map(({ height }) => height))

describeDocker('docker compose up', () => {
  let upMs = 0
  let place: Workspace
  const groundwork = async (...args: readonly string[]) => {
    const run = place.command(...args)
    const { code, stdout } = await run.ended
    return { code, stdout, said: run.said() }
  }
  beforeAll(() => {
    place = workspace()
    if (remains(project).length > 0)
      throw new Error('the default network is there already: docker compose down -v')
    compose('build')
    const startedMs = performance.now()
    compose('up', '--detach', '--wait')
    upMs = performance.now() - startedMs
  })
  afterAll(async () => {
    compose('down', '--volumes', '--timeout', '2')
    await place.dispose()
  })

  it('is healthy, finalizes and farms within a minute', async () => {
    const startedMs = performance.now()
    const seen = await until((all) => all.every(({ height }) => height > 0))
    expect(seen.map(({ name }) => name)).toEqual(nodes)
    expect(upMs + performance.now() - startedMs).toBeLessThan(60_000)
    for (const { State, Name } of inspect()) expect(State.Health.Status, Name).toBe('healthy')
  })

  it('gives every container what it needs and no more', () => {
    const all = inspect()
    expect(all.length).toBe(nodes.length + 2)
    for (const { Name, Config, HostConfig, Mounts, NetworkSettings } of all) {
      const role = Config.Labels['io.groundwork.role']
      expect(HostConfig, Name).toMatchObject({ Privileged: false, ReadonlyRootfs: true, CapDrop: ['ALL'] })
      expect(HostConfig.Memory, Name).toBeGreaterThan(0)
      expect(HostConfig.PidsLimit, Name).toBeGreaterThan(0)
      expect(HostConfig.CapAdd ?? [], Name).toEqual(role === 'router' ? ['NET_ADMIN'] : [])
      expect(Config.User, Name).toBe(role === 'router' ? '0:0' : '1000:1000')
      if (role === 'node') expect(HostConfig.NanoCpus, Name).toBe(1e9)
      expect(JSON.stringify(Mounts), Name).not.toContain('docker.sock')
      const writable = Mounts.filter(({ RW }) => RW).map(({ Destination }) => Destination)
      expect(writable, Name).toEqual({ node: ['/node'], controller: ['/state'] }[role ?? ''] ?? [])
      const published = Object.values(NetworkSettings.Ports).flatMap((list) => list ?? [])
      expect(
        published.map(({ HostIp }) => HostIp),
        Name,
      ).toEqual(role === 'controller' ? ['127.0.0.1'] : [])
    }
  })

  it('leaves a node no way to more', () => {
    // Process 1 is the init of the container.
    const status = inside('v1', 'cat', '/proc/1/status').stdout
    for (const capabilities of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
      expect(status).toContain(`${capabilities}:\t0000000000000000\n`)
    }
    expect(status).toContain('NoNewPrivs:\t1\n')
    expect(inside('v1', 'touch', '/app/x').stderr).toContain('Read-only file system')
    expect(inside('v1', 'touch', '/etc/groundwork/network.json').status).not.toBe(0)
    expect(inside('v1', 'ip', 'route', 'add', '192.0.2.0/24', 'via', '10.77.1.1').status).not.toBe(0)
    // The only way out is the router, which leads to other nodes and nowhere else.
    expect(inside('v1', 'ip', 'route', 'show', 'default').stdout).toContain('via 10.77.1.1')
  })

  it('takes a transfer by way of its farmers, and anybody can follow it to the physical chain', async () => {
    await until((all) => all.every(({ height }) => height > 0))
    expect((await groundwork('ps')).stdout).toMatch(/ FAST | RECORDED /)
    for (const [args, problem] of [
      [['--to', 'v1'], /^groundwork: --to: expected the number of an account or its address, found "v1"$/],
      [['--from', '99'], /^groundwork: --from: expected the number of an account below 16, found 99$/],
      [['--via', 'v1'], /^groundwork: --via v1: not one of f1, .*, f6, which take what goes by physical$/],
    ] as const)
      expect(await groundwork('send', ...args)).toEqual({
        code: 64,
        stdout: '',
        said: expect.stringMatching(new RegExp(problem.source, 'm')),
      })
    const sent = await groundwork('send', '--amount', '7')
    expect(sent.code, sent.said).toBe(0)
    expect(sent.said).toMatch(/^handed to f\d/)
    const id = sent.stdout.trim()
    const { code, stdout } = await groundwork('follow', '--transaction', id, '--until', 'phys', '--json')
    expect(code).toBe(0)
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; report?: object })
    expect(lines.filter(({ kind }) => kind === 'dropped')).toEqual([])
    const last = lines.findLast(({ kind }) => kind === 'transaction')
    expect(last?.report).toMatchObject({ id, included: { by: 'physical', code: null }, phys: true })
  })

  it('lets a node that comes back find its home', async () => {
    const before = (await until((all) => all.every(({ height }) => height > 3))).find(
      ({ name }) => name === 'v2',
    )
    docker('kill', containerOf(project, 'v2'))
    docker('start', containerOf(project, 'v2'))
    const back = await until((all) =>
      all.some((node) => node.name === 'v2' && node.state === 'up' && node.height > 0),
    )
    expect(back.find(({ name }) => name === 'v2')?.height).toBeGreaterThanOrEqual(before?.height ?? 0)
    const log = inside('v2', 'cat', '/node/node.log').stdout.trim().split('\n')
    const ready = log
      .map((line) => JSON.parse(line) as { msg: string; height: number })
      .filter(({ msg }) => msg === 'ready')
    expect(ready.map(({ height }) => height > 0)).toEqual([false, true])
  })

  it('begins its physical chain once: a farmer that was killed, and a network that was down, go on', async () => {
    const settled = await firstSlot()
    docker('kill', containerOf(project, 'f2'), containerOf(project, 'controller'))
    docker('start', containerOf(project, 'f2'))
    const healthy = () =>
      inspect().find(({ Name }) => Name.endsWith('-f2-1'))?.State.Health.Status === 'healthy'
    while (!healthy()) await delay(200)
    docker('start', containerOf(project, 'controller'))
    compose('up', '--detach', '--wait', '--no-build')
    expect(await firstSlot()).toBe(settled)
    const before = await until((all) => farming(all).length === farmers.length)
    compose('down')
    compose('up', '--detach', '--wait', '--no-build')
    expect(await firstSlot()).toBe(settled)
    const after = await until((all) => farming(all).length === farmers.length)
    expect(highest(after)).toBeGreaterThanOrEqual(highest(before))
    await until((all) => farming(all).every(({ height }) => height > highest(before)))
  })

  it('is gone within seconds after docker compose down, but for disks, and these go with --volumes', () => {
    const startedMs = performance.now()
    compose('down')
    expect(performance.now() - startedMs).toBeLessThan(15_000)
    const filter = `label=io.groundwork.project=${project}`
    expect(remains(project).toSorted()).toEqual(
      docker('volume', 'ls', '-q', '--filter', filter).trim().split('\n').toSorted(),
    )
    compose('down', '--volumes')
    expect(remains(project)).toEqual([])
  })
})
