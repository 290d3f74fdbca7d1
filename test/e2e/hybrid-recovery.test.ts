import { afterAll, beforeAll, expect, it } from 'vitest'
import { recordsOf, until } from '../../packages/farmer/test/cluster.ts'
import { type HybridCluster, hybridCluster } from './hybrid-cluster.ts'

/** More than a third of the stake vanishes from a network of processes: the physical chain takes over, and hands back. */

let network: HybridCluster
beforeAll(async () => {
  network = await hybridCluster({ weights: [3, 3, 3, 5], farmers: 3, slotMs: 300 })
  await network.startAll()
})
afterAll(() => network.close())

const hybridOf = async (name: string) => (await network.validator(name)).hybrid!

it('RECORDED begins when the stake is gone, and ends in a new epoch without it', async () => {
  await until('checkpoints land', async () => (await hybridOf('v1')).ledgers.anchored.height > 0, 60_000)
  await network.kill('v4')
  await until('RECORDED', async () => (await hybridOf('v1')).mode === 'RECORDED', 120_000)
  await until('FAST again', async () => (await hybridOf('v1')).mode === 'FAST', 240_000)
  for (const name of ['v1', 'v2', 'v3']) {
    const goesOn = async () => {
      const { epoch, finalHeight, hybrid } = await network.validator(name)
      return epoch >= 1 && finalHeight > 2 && hybrid!.ledgers.anchored.epoch >= 1
    }
    await until(`${name} finalizes in the new epoch`, goesOn, 60_000)
  }
  const events = recordsOf(network.trace('v1'), 'derived').flatMap((record) => record.events)
  const began = events.filter(({ kind }) => kind === 'recorded-began')
  const leaked = events.flatMap((event) => (event.kind === 'window-closed' ? event.leaked : []))
  expect(began.length).toBeGreaterThan(0)
  expect(leaked.length).toBeGreaterThan(0)
}, 480_000)

it('a node that restarts derives again what the chains say, and goes on; one that was away comes to the new epoch', async () => {
  await network.kill('v2')
  await Promise.all(['v2', 'v4'].map((name) => network.start(name)))
  const { finalHeight, epoch } = await network.validator('v1')
  for (const name of ['v2', 'v4']) {
    const hasCome = async () => {
      const status = await network.validator(name)
      return status.epoch >= epoch && (status.epoch > epoch || status.finalHeight > finalHeight)
    }
    await until(`${name} goes on`, hasCome, 90_000)
    expect((await network.validator(name)).mode).not.toBe('listening')
  }
  const [one, two] = await Promise.all([network.validator('v1'), network.validator('v2')])
  expect(two.chainId).toBe(one.chainId)
  expect(two.hybrid).toMatchObject({ isHalted: false })
}, 240_000)
