import type { TraceRecord } from '@groundwork/trace'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Cluster, createCluster, node, recordsOf, until } from './cluster.ts'

/** Of ten plots one farmer has seven, one has one; both do what they are told. Epochs are short: a fork soon has slots of its own. */
const kappa = 8
let cluster: Cluster
const flags = ['--byzantine', 'coercible']

beforeAll(async () => {
  cluster = await createCluster({
    seed: 22,
    nodes: [
      node('f1', { plots: 2, timelord: true }),
      node('f2', { plots: 1, timelord: true }),
      node('f3', { plots: 7, timelord: true }),
    ],
    parameters: { kappa, epochSlots: 8, seedLagSlots: 4, slotMs: 200 },
  })
  await Promise.all([cluster.start('f1'), cluster.start('f2', flags), cluster.start('f3', flags)])
  await until('all farm', async () => {
    const all = await Promise.all(['f1', 'f2', 'f3'].map(cluster.status))
    return all.every(({ mode, height }) => mode === 'farming' && height > 2)
  })
})
afterAll(() => cluster.end())

async function order(name: string, behaviours: readonly string[]): Promise<void> {
  const body = JSON.stringify({ behaviours })
  const answer = await fetch(`${cluster.api(name)}/v1/coercion`, { method: 'POST', body })
  expect(answer.status).toBe(200)
}
const height = async (): Promise<number> => (await cluster.status('f1')).height
/** How far the best chain of a node went beyond a block's parent when the node first had that block. */
function depthAtArrival(records: readonly TraceRecord[], hash: string): number {
  const at = records.findIndex((one) => one.kind === 'physical-block' && one.hash === hash)
  const block = records[at]
  const tip = recordsOf(records.slice(0, at), 'physical-tip').at(-1)
  return block?.kind === 'physical-block' && tip !== undefined ? tip.height - block.height + 1 : 0
}
const isDeep = ({ reverted }: { reverted: number }) => reverted >= kappa

it('with little of the space it farms in vain, and nobody notices', async () => {
  const from = await height()
  await order('f2', ['private-fork'])
  const told = (await cluster.status('f2')).slotNow
  const secret = () => recordsOf(cluster.trace('f2'), 'farmed').filter(({ slot }) => slot > told)
  await until('the chain grew, and it farmed', async () => {
    return (await height()) > from + kappa + 4 && secret().length > 0
  })
  for (const { hash } of secret()) {
    for (const name of ['f1', 'f2', 'f3'])
      expect((await fetch(`${cluster.api(name)}/v1/blocks/${hash}`)).status).toBe(404)
  }
  expect(recordsOf(cluster.trace('f1'), 'physical-tip').filter(isDeep)).toEqual([])
  await order('f2', [])
})

it('with most of it, it takes back what was trusted, and shows nothing before', async () => {
  await order('f3', ['private-fork'])
  const taken = (name: string) => recordsOf(cluster.trace(name), 'physical-tip').filter(isDeep)
  await until('f1 and f2 follow its chain', () => taken('f1').length > 0 && taken('f2').length > 0)
  const farmed = new Set(recordsOf(cluster.trace('f3'), 'farmed').map(({ hash }) => hash))
  for (const name of ['f1', 'f2']) {
    const adopted = taken(name)[0]?.adopted ?? []
    // The block on which it began may have been taken back by others: the second one is its own in any case.
    const own = adopted.slice(1)
    expect(own.filter((hash) => !farmed.has(hash))).toEqual([])
    expect(depthAtArrival(cluster.trace(name), own[0] as string)).toBeGreaterThanOrEqual(kappa - 1)
  }
  // It went the same way as everybody: it is no other node's double, and goes on.
  await order('f3', [])
  expect((await cluster.status('f3')).mode).toBe('farming')
  const at = await height()
  await until('they go on together', async () => {
    const all = await Promise.all(['f1', 'f2', 'f3'].map(cluster.status))
    return (
      all.every((one) => one.height > at + 3) &&
      new Set(all.map(({ confirmed }) => confirmed.hash)).size === 1
    )
  })
})
