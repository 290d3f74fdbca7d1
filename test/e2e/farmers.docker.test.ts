import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { containerOf, describeDocker, docker, projectOf, remains } from './docker.ts'
import { ready, type Workspace, workspace } from './groundwork.ts'

/** Farmers beside validators in containers: real plots, delay proofs and disks. */
const text = (rest: string): string => `name: farm
network:
  regions: { N_Virginia: 2, Ireland: 2 }
  physical: { farmers: { N_Virginia: 2, Ireland: 1 }, plots: 1 }
workload: { rate: 5/s, accounts: 4 }
${rest}`

let place: Workspace

describeDocker('a run with farmers in containers', () => {
  beforeEach(() => {
    place = workspace()
  })
  afterEach(() => place.dispose())

  it('kills and wipes farmers, who farm again, and leaves nothing', async () => {
    const faults = `timeline:
  - { at: 1s, fault: kill, target: f2, for: 1s }
  - { at: 3s, fault: wipe, target: f3, for: 1s }
checks: [agreement, physical-agreement, physical-growth: { min: 10% }, region-share: { max: 67% }]
duration: 12s
`
    const run = place.start(text(faults), '--runtime', 'docker', '--seed', '3', '--json')
    await run.until(ready)
    const project = projectOf(run.said())
    const { stdout, code } = await run.ended
    expect(remains(project)).toEqual([])
    const { verdict, reasons, metrics } = JSON.parse(stdout)
    expect({ verdict, reasons }).toEqual({ verdict: 'pass', reasons: [] })
    expect(code).toBe(0)
    const { simulated, farmers, height } = metrics.physical
    expect(simulated).toEqual([])
    expect(height).toBeGreaterThan(3)
    expect(farmers.map(({ starts }: { starts: number }) => starts)).toEqual([1, 2, 2])
  })
})

interface Row {
  readonly node: string
  readonly state: string
  readonly height: number | null
  readonly view: number | null
  readonly slot: number | null
  readonly peers: number | null
}

describeDocker('a network with farmers that stays', () => {
  const project = 'groundwork-test-farm'
  const groundwork = async (...args: readonly string[]) => {
    const run = place.command(...args, '--project', project)
    const { code, stdout } = await run.ended
    return { code, stdout, said: run.said() }
  }
  const rows = async (): Promise<readonly Row[]> =>
    JSON.parse((await groundwork('ps', '--json')).stdout)[0].nodes
  const farmers = async () => (await rows()).filter(({ node }) => node.startsWith('f'))
  const states = async () => (await farmers()).map(({ state }) => state)
  const highest = async () => Math.max(...(await farmers()).map(({ height }) => height ?? 0))

  beforeAll(async () => {
    place = workspace()
    writeFileSync(join(place.folder, 'farm.yaml'), text(''))
    const { code, stdout, said } = await groundwork('up', './farm.yaml')
    expect(code, said).toBe(0)
    expect(stdout).toContain(`${project} is up: 2 and 2 farmers in N_Virginia, 2 and 1 farmer in Ireland`)
  })
  afterAll(async () => {
    if (place === undefined) return
    const { code, said } = await groundwork('down')
    await place.dispose()
    expect(code, said).toBe(0)
    expect(remains(project)).toEqual([])
  })

  it('is up when every farmer has a block, and shows how far they are', async () => {
    for (const { node, state, height, view, slot, peers } of await rows()) {
      expect([state, (height ?? 0) > 0], node).toEqual(['up', true])
      const isFarmer = node.startsWith('f')
      expect([view !== null, slot !== null], node).toEqual([!isFarmer, isFarmer])
      expect(peers).toBeGreaterThanOrEqual(isFarmer ? 2 : 3)
    }
    expect((await groundwork('ps')).stdout).toMatch(
      /^node +region +state +height +view +slot +peers +restarts$/m,
    )
    expect((await groundwork('logs', 'f1')).stdout).toContain('farming a plot')
  })

  it('has farmers killed, frozen and wiped; plots stay, and they farm on', async () => {
    await groundwork('fault', 'kill', 'f1')
    await groundwork('fault', 'pause', 'f2')
    await groundwork('fault', 'wipe', 'f3')
    expect(await states()).toEqual(['down (137)', 'paused', 'down (137)'])
    const healed = (await groundwork('heal', '--all')).stdout.trim().split('\n').toSorted()
    expect(healed).toEqual(['f1 is healed', 'f2 is healed', 'f3 is healed'])
    while ((await states()).some((state) => state !== 'up'));
    const before = await highest()
    while ((await farmers()).some(({ height }) => (height ?? 0) <= before));
    const made = docker(
      'exec',
      containerOf(project, 'f3'),
      'sh',
      '-c',
      'ls /node/plots; grep -c plotted /node/node.log || true',
    )
    expect(made).toMatch(/^plot-0-k16\.plot\n/)
  })
})
