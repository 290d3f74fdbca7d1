import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { containerOf, describeDocker, docker, nothingLeft, remains } from './docker.ts'
import { allGone, small, type Workspace, workspace } from './groundwork.ts'

const project = 'groundwork-test-up'
let place: Workspace

/** Runs a command of the command line to its end. */
async function groundwork(...args: readonly string[]) {
  const run = place.command(...args)
  const { code, stdout } = await run.ended
  return { code, stdout, stderr: run.said() }
}

interface Shown {
  readonly interpreter: string | null
  readonly nodes: readonly {
    readonly node: string
    readonly state: string
    readonly height: number
    readonly peers: number
    readonly restarts: number
  }[]
  readonly faults: readonly { readonly id: string }[]
}

async function ps(): Promise<Shown> {
  const { stdout } = await groundwork('ps', '--project', project, '--json')
  return JSON.parse(stdout)[0]
}

async function until(condition: (shown: Shown) => boolean): Promise<Shown> {
  for (;;) {
    const shown = await ps()
    if (condition(shown)) return shown
  }
}

const stateOf = ({ nodes }: Shown, name: string): string | undefined =>
  nodes.find(({ node }) => node === name)?.state

describeDocker('a network of containers that stays', () => {
  beforeAll(async () => {
    place = workspace()
    writeFileSync(join(place.folder, 'small.yaml'), small('[]', 30))
    const { code, stdout, stderr } = await groundwork('up', './small.yaml', '--project', project)
    expect(stderr).not.toContain('groundwork:')
    expect(code).toBe(0)
    expect(stdout).toContain(`${project} is up: 2 in N_Virginia, 1 in Ireland, 1 in Mumbai`)
  })
  afterAll(async () => {
    if (place === undefined) return
    await groundwork('down', '--project', project)
    await place.dispose()
  })

  it('is healthy, shown, and not started twice', async () => {
    const shown = await ps()
    expect(shown.interpreter).toMatch(/^(netem|packets)$/)
    expect(shown.nodes.map(({ node, state, peers }) => [node, state, peers])).toEqual(
      ['v1', 'v2', 'v3', 'v4'].map((name) => [name, 'up', 3]),
    )
    const { code, stderr } = await groundwork('up', '--project', project)
    expect(code).toBe(64)
    expect(stderr).toBe(
      `groundwork: the network ${project} is there already (6 containers; groundwork ps --project ${project}); groundwork down --project ${project} removes it, --project names another\n`,
    )
  })

  it('is partitioned for a while, by the words of a scenario file', async () => {
    const { height } = (await ps()).nodes[0] as Shown['nodes'][number]
    const run = place.command(
      'fault',
      'partition',
      '--groups',
      'v1+v2,rest',
      '--for',
      '10s',
      '--project',
      project,
    )
    await run.until('no quorum is left')
    const during = await ps()
    expect(during.faults).toHaveLength(1)
    const { code, stdout } = await run.ended
    expect(code).toBe(0)
    expect(stdout).toBe(`${during.faults[0]?.id}\n`)
    expect((await ps()).faults).toEqual([])
    await until(({ nodes }) => nodes.every((node) => node.height > height + 3))
  })

  it('heals a fault whose command is killed, and one whose command hears Ctrl-C at once', async () => {
    const killed = place.command(
      'fault',
      'partition',
      '--groups',
      'v1,rest',
      '--for',
      '3s',
      '--project',
      project,
    )
    await killed.until('heals it in')
    killed.signal('SIGKILL')
    await until(({ faults }) => faults.length === 0)
    const run = place.command(
      'fault',
      'shape',
      '--from',
      'v1',
      '--to',
      'rest',
      '--delay',
      '90ms',
      '--for',
      '60s',
      '--project',
      project,
    )
    await run.until('heals it in')
    run.signal('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect((await ps()).faults).toEqual([])
  })

  it('has nodes killed, frozen and wiped, and healed as often as one likes', async () => {
    const own = ['--project', project]
    expect(await groundwork('fault', 'kill', 'v3', ...own)).toMatchObject({ code: 0, stdout: 'kill-v3\n' })
    expect(stateOf(await ps(), 'v3')).toBe('down (137)')
    expect((await groundwork('fault', 'kill', 'v3', ...own)).stderr).toBe(
      'groundwork: kill: nothing to do, not running already: v3 (exited)\n',
    )
    expect((await groundwork('heal', 'kill-v3', ...own)).stdout).toBe('kill-v3 is healed\n')
    expect((await groundwork('heal', 'v3', ...own)).stdout).toBe('v3: nothing to heal\n')
    await until((shown) => stateOf(shown, 'v3') === 'up')

    const pause = place.command('fault', 'pause', 'v2', '--for', '100s', ...own)
    await pause.until('this command heals it')
    expect(stateOf(await ps(), 'v2')).toBe('paused')
    pause.signal('SIGINT')
    expect((await pause.ended).code).toBe(130)
    expect(stateOf(await ps(), 'v2')).not.toBe('paused')
    const brief = await groundwork('fault', 'pause', 'v2', '--for', '200ms', ...own)
    expect(brief).toMatchObject({ code: 0, stdout: 'pause-v2\n' })
    expect(stateOf(await ps(), 'v2')).not.toBe('paused')
    expect((await groundwork('fault', 'wipe', 'v4', ...own)).stdout).toBe('wipe-v4\n')
    await groundwork('fault', 'partition', '--groups', 'v1,rest', ...own)
    const { stdout } = await groundwork('heal', '--all', ...own)
    expect(stdout).toMatch(/^v4 is healed\npartition-[0-9a-f]{4} is healed\n$/)
    expect((await groundwork('heal', '--all', ...own)).stdout).toBe('nothing to heal\n')
    const healed = await until((shown) =>
      shown.nodes.every(({ state, peers }) => state === 'up' && peers === 3),
    )
    expect(healed.nodes.map(({ restarts }) => restarts)).toEqual([0, 0, 1, 1])
  })

  it('shows what a node wrote, whether it runs or not', async () => {
    expect(
      (await groundwork('logs', 'v1', '--tail', '2', '--project', project)).stdout.split('\n'),
    ).toHaveLength(3)
    expect((await groundwork('logs', 'router', '--project', project)).stdout).toContain('"ready":true')
  })

  it.each([
    [['fault', 'kil', 'v1'], 'fault: fault: "kil" is not a fault, did you mean "kill"'],
    [['fault', 'kill', 'v9'], 'fault: target: "v9" matches no node'],
    [
      ['fault', 'partition', '--groups', 'region=Mumbi,rest'],
      'fault: groups[0]: region=Mumbi matches no node, did you mean "Mumbai"',
    ],
    [['fault', 'partition', '--group', 'v1,rest'], 'fault: group: unknown key, did you mean "groups"'],
    [['fault', 'kill', 'v1', '--for', '5'], 'fault: for: 5 is not a duration with its unit'],
    [['logs', 'v8'], `v8: no such node in ${project}; there are controller, router, v1, v2, v3, v4`],
  ])('refuses %j in one line', async (args, line) => {
    const { code, stderr } = await groundwork(...args, '--project', project)
    expect(code).toBe(64)
    expect(stderr.slice(0, line.length + 12)).toBe(`groundwork: ${line}`)
    expect(stderr.trim()).not.toContain('\n')
  })

  it('says when its router does not answer, and does again when that is healed', async () => {
    docker('kill', containerOf(project, 'router'))
    expect((await ps()).interpreter).toBeNull()
    const { code, stderr } = await groundwork(
      'fault',
      'partition',
      '--groups',
      'v1,rest',
      '--project',
      project,
    )
    expect([code, stderr]).toEqual([2, 'groundwork: the router does not answer\n'])
    await groundwork('heal', '--all', '--project', project)
    await until(({ interpreter, nodes }) => interpreter !== null && nodes.every(({ peers }) => peers === 3))
  })

  it('is taken down whole', async () => {
    expect((await groundwork('down', '--project', project)).stdout).toBe(
      `${project} is down: 6 containers, their networks and volumes are removed\n`,
    )
    expect(remains(project)).toEqual([])
    expect(existsSync(join(place.folder, 'runs', '.networks'))).toBe(false)
    expect(await groundwork('ps', '--project', project)).toMatchObject({ code: 64 })
  })
})

describeDocker('a network that is being started', () => {
  const starting = 'groundwork-test-starting'
  let own: Workspace
  beforeAll(() => {
    own = workspace()
    writeFileSync(join(own.folder, 'small.yaml'), small('[]', 30))
  })
  afterAll(() => own.dispose())

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('leaves nothing when the command is ended by %s', async (signal, code) => {
    const run = own.command('up', './small.yaml', '--project', starting)
    await run.begins(() => remains(starting).length >= 4)
    const family = run.family()
    run.signal(signal)
    expect((await run.ended).code).toBe(code)
    await allGone(family)
    await nothingLeft(starting)
    if (signal === 'SIGINT') {
      expect(run.said()).toContain('interrupted by SIGINT: everything is removed again')
      expect(existsSync(join(own.folder, 'runs', '.networks', starting))).toBe(false)
    }
  })
})
