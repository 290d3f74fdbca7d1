import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, createCluster, getJson, node, recordsOf, until } from './cluster.ts'

let cluster: Cluster
beforeAll(async () => {
  // Epochs of two seconds: the seeds of the two sides differ before they meet again.
  cluster = await createCluster({
    seed: 2,
    nodes: [node('f1', { timelord: true, plots: 4 }), node('f2', { timelord: true, plots: 1 })],
    parameters: { epochSlots: 8, seedLagSlots: 4, slotMs: 200, winnersPerSlotMilli: 2000 },
  })
})
afterAll(() => cluster.end())

/** A configuration of a node that knows nobody. */
function alone(name: string): string {
  const { configFile } = cluster.home(name)
  const config = JSON.parse(readFileSync(configFile, 'utf8')) as object
  const file = join(configFile, '..', 'alone.json')
  writeFileSync(file, JSON.stringify({ ...config, peers: [] }))
  return file
}

it('the heavier chain wins when two halves meet, and the reorg is reported', async () => {
  await Promise.all([cluster.start('f1', [], alone('f1')), cluster.start('f2', [], alone('f2'))])
  await until('both sides grew', async () => {
    const [one, two] = await Promise.all([cluster.status('f1'), cluster.status('f2')])
    return one.epoch >= 3 && two.epoch >= 2 && two.height >= 4
  })
  const [heavy, light] = await Promise.all([cluster.status('f1'), cluster.status('f2')])
  expect(BigInt(heavy.weight)).toBeGreaterThan(BigInt(light.weight))
  await Promise.all([cluster.stop('f1'), cluster.stop('f2')])
  await cluster.startAll()
  await until('f2 follows the heavier chain', async () => {
    const found = (await getJson(`${cluster.api('f2')}/v1/blocks?height=${heavy.height}`)) as {
      hash?: string
    }
    return found.hash === heavy.hash
  })
  const isDeep = ({ depth }: { depth: number }) => depth >= 4
  await until('the reorg is reported', () => recordsOf(cluster.trace('f2'), 'reorg').some(isDeep))
  expect(recordsOf(cluster.trace('f1'), 'reorg').filter(isDeep)).toEqual([])
  const tips = recordsOf(cluster.trace('f2'), 'physical-tip')
  expect(tips.some(({ reverted }) => reverted >= 4)).toBe(true)
})
