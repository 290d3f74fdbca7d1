import { cpSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { FarmerStatus } from '../src/index.ts'
import { type Cluster, createCluster, type Exit, getJson, node, recordsOf, run, until } from './cluster.ts'

let cluster: Cluster
beforeAll(async () => {
  // f3 keeps time for another region and farms nothing; f4 is started last.
  const nodes = [
    node('f1', { timelord: true }),
    node('f2'),
    node('f3', { timelord: true, plots: 0 }),
    node('f4', { registered: false }),
  ]
  cluster = await createCluster({ nodes })
  for (const name of ['f1', 'f2', 'f3']) await cluster.start(name)
})
afterAll(() => cluster.end())

const heights = async (...names: string[]): Promise<number[]> =>
  Promise.all(names.map(async (name) => (await cluster.status(name)).confirmed.height))

async function agree(...names: string[]): Promise<void> {
  const height = Math.min(...(await heights(...names)))
  const blocks = await Promise.all(
    names.map((name) => getJson(`${cluster.api(name)}/v1/blocks?height=${height}`)),
  )
  for (const block of blocks) expect(block).toEqual(blocks[0])
}

describe('two farmers and two timelords', () => {
  it('grow one chain', async () => {
    const farmed = (name: string) => recordsOf(cluster.trace(name), 'farmed').length
    await until('both farm', () => farmed('f1') > 0 && farmed('f2') > 0)
    await until('all follow', async () => Math.min(...(await heights('f1', 'f2', 'f3'))) >= 6)
    await agree('f1', 'f2', 'f3')
  })

  it('keep the same time, whoever tells it: one works, the other stands by until it is missing', async () => {
    const made = (name: string) => new Set(recordsOf(cluster.trace(name), 'vdf').map(({ slot }) => slot))
    await until('the first works', () => made('f1').size >= 20)
    expect(made('f3').size).toBeLessThan(made('f1').size / 2)
    await cluster.stop('f1', 'SIGKILL')
    const before = made('f3').size
    await until('the second has taken over', () => made('f3').size >= before + 8)
    await cluster.start('f1')
    const again = made('f1').size
    await until('the first works again', () => made('f1').size >= again + 4)
    // A different output for one slot would be refused by somebody.
    for (const name of ['f1', 'f2', 'f3']) {
      const refused = recordsOf(cluster.trace(name), 'physical-refused').flatMap(({ counts }) =>
        Object.keys(counts),
      )
      expect(refused.filter((reason) => /vdf|conflict|signature|proof|y-wrong/.test(reason))).toEqual([])
    }
    const late = () => recordsOf(cluster.trace('f2'), 'slot-proof').map(({ lateMs }) => lateMs)
    await until('slots are told', () => late().length > 4)
    expect(Math.min(...late())).toBeGreaterThan(0)
  })

  it('say at their start who may win, long before an epoch begins', () => {
    for (const name of ['f1', 'f2', 'f3']) {
      const [first] = recordsOf(cluster.trace(name), 'physical-epoch')
      expect(first).toMatchObject({ epoch: 0, space: `${4 * 33 * 2 ** 15}` })
      expect(first?.plots.map(({ region, located }) => [region, located])).toEqual(
        Array(4).fill(['here', true]),
      )
    }
  })

  it('say how they are', async () => {
    await until('f1 farms beside both others', async () => {
      const { mode, peers } = await cluster.status('f1')
      return mode === 'farming' && peers.length === 2
    })
    const status = await cluster.status('f1')
    expect(status).toMatchObject({ mode: 'farming', timelord: true, plotsRefused: 0, peers: ['f2', 'f3'] })
    expect(status.plots.map(({ active, located }) => active && located)).toEqual([true, true])
    expect(status.space.note).toContain('modelled')
    expect(Number(status.space.registered)).toBe(4 * 33 * 2 ** 15)
    const metrics = await (await fetch(`${cluster.api('f1')}/metrics`)).text()
    for (const name of ['vdf_lag_slots', 'physical_height', 'cpu_share', 'plots', 'look_up_seconds_count'])
      expect(metrics).toMatch(new RegExp(`^groundwork_${name} [0-9.]+$`, 'm'))
    const resources = recordsOf(cluster.trace('f1'), 'resources')
    for (const { rssMiB } of resources) expect(rssMiB).toBeLessThan(200)
  })
})

describe('a farmer', () => {
  it('is started once', async () => {
    const again = await (await run(['--config', cluster.home('f2').configFile])).exited
    expect(again.code).toBe(1)
    expect(again.stdout).toBe('')
    expect(again.stderr).toMatch(/^farmer: in use by process \d+ \(.*\)\n$/)
  })

  it('farms again within five seconds of a restart, with what it had', async () => {
    const before = await cluster.status('f2')
    await cluster.stop('f2', 'SIGKILL')
    const beganMs = performance.now()
    await cluster.start('f2')
    const { height } = await cluster.status('f2')
    expect(height).toBeGreaterThanOrEqual(before.height - 2)
    await until('f2 farms', async () => {
      const { mode, syncingFrom, plots, height } = await cluster.status('f2')
      return mode === 'farming' && syncingFrom === null && plots.length === 2 && height > before.height
    })
    const tookMs = performance.now() - beganMs
    expect(tookMs).toBeLessThan(5_000)
  })

  it('fetches the chain again when its disk was wiped', async () => {
    await cluster.stop('f2')
    rmSync(cluster.home('f2').dataDir, { recursive: true })
    await cluster.start('f2')
    const [wanted] = await heights('f1')
    await until('f2 has the chain', async () => (await heights('f2'))[0]! >= wanted!)
    await agree('f1', 'f2')
    for (const name of ['f1', 'f2', 'f3'])
      expect(recordsOf(cluster.trace(name), 'farmer-equivocation')).toEqual([])
  })

  it('leaves out plots that are none, and farms the good ones', async () => {
    await cluster.stop('f2')
    const { plotDir } = cluster.home('f2')
    truncateSync(join(plotDir, 'plot-1-k16.plot'), 100_000)
    await cluster.start('f2')
    await until('one plot is refused', async () => {
      const { plotsRefused, plots, mode } = await cluster.status('f2')
      return plotsRefused === 1 && plots.length === 1 && mode === 'farming'
    })
    const metrics = await (await fetch(`${cluster.api('f2')}/metrics`)).text()
    expect(metrics).toMatch(/physical_refused_total\{reason="plot-truncated"\} 1/)
    const { stderr } = await cluster.stop('f2')
    expect(stderr).toMatch(/^farmer: .*plot-1-k16\.plot: .*\n$/)
    rmSync(join(plotDir, 'plot-1-k16.plot'))
    writeFileSync(join(plotDir, 'plot-1-k16.plot'), 'no plot at all')
    await cluster.start('f2')
    await until('it is refused again', async () => (await cluster.status('f2')).plotsRefused === 1)
    // Gone altogether, it is made again, while the node farms the other.
    await cluster.stop('f2')
    rmSync(join(plotDir, 'plot-1-k16.plot'))
    await cluster.start('f2')
    await until('both plots are farmed', async () => (await cluster.status('f2')).plots.length === 2)
  })

  it('does not start beside another node with its key', async () => {
    const [owner, thief] = [cluster.home('f2'), cluster.home('f4')]
    for (const file of ['farmer-key.json', 'plots'])
      cpSync(join(dirname(owner.configFile), file), join(dirname(thief.configFile), file), {
        recursive: true,
      })
    await until('the owner farms', async () => (await cluster.status('f2')).mode === 'farming')
    // Two seconds without a block of the owner, in which there is nothing to hear, are one in fifty.
    const attempt = async (): Promise<Exit> => {
      const { child, exited } = await run(['--config', thief.configFile])
      let api = ''
      child.stdout!.on('data', (line) => {
        const { host, port } = (JSON.parse(line) as { api: { host: string; port: number } }).api
        api = `http://${host}:${port}/v1/status`
      })
      let ended = false
      void exited.then(() => (ended = true))
      await until('it ends or farms', async () => {
        if (ended || api === '') return ended
        const status = (await getJson(api).catch(() => ({}))) as Partial<FarmerStatus>
        return status.mode === 'farming'
      })
      child.kill('SIGKILL')
      return exited
    }
    let exit = await attempt()
    for (let i = 0; i < 3 && exit.code !== 1; i++) exit = await attempt()
    expect(exit.code).toBe(1)
    expect(exit.stderr).toMatch(/^farmer: f4: another process farms with this farmer's key: .*\n$/)
  })
})
