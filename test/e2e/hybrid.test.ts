import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordsOf, until } from '../../packages/farmer/test/cluster.ts'
import { physicalGenesisHash } from '../../packages/genesis/src/index.ts'
import { toHex } from '../../packages/primitives/src/index.ts'
import { type HybridCluster, hybridCluster } from './hybrid-cluster.ts'

/** Validators and farmers in processes of their own: real plots, delay proofs and signatures, over loopback. */

let network: HybridCluster
beforeAll(async () => {
  network = await hybridCluster({ weights: [1, 1, 1, 1], farmers: 3 })
  await network.startAll()
})
afterAll(() => network.close())

const physicalOf = async (name: string) => {
  const { physical } = await network.validator(name)
  if (physical === null) throw new Error(`${name} follows no physical chain`)
  return physical
}
/** It has a block that the farmer calls confirmed. */
const hasCaughtUp = async (name: string, farmer: string): Promise<boolean> => {
  const [seen, { confirmed }] = await Promise.all([physicalOf(name), network.farmer(farmer)])
  return confirmed.height > 0 && seen.height >= confirmed.height && seen.state === 'synced'
}

describe('farmers', () => {
  it('derive what the physical chain makes of the stake chain, and say how it stands', async () => {
    await until('f1 derives', async () => ((await network.farmer('f1')).hybrid?.derived ?? 0) >= 4)
    const [one, two] = await Promise.all(['f1', 'f2'].map((name) => network.farmer(name)))
    expect(one!.hybrid).toMatchObject({ mode: 'FAST', epoch: 0, hazards: 0, isHalted: false })
    const { derived, height } =
      two!.hybrid === null ? { derived: -1, height: 0 } : { ...two!.hybrid, ...two! }
    expect(Math.abs(derived - height)).toBeLessThan(3)
    const [account] = network.stake.accounts
    const path = `ledgers/anchored/accounts/${toHex(account!.publicKey)}`
    const shown = await network.get<Record<string, unknown>>('f1', path)
    expect(shown).toMatchObject({ ledger: 'anchored', balance: '1000000', nonce: 0 })
  })
})

describe('validators', () => {
  it('follow the physical chain, connected to every farmer', async () => {
    for (const name of network.validators) {
      await until(`${name} follows`, () => hasCaughtUp(name, 'f1'))
      await until(`${name} is connected`, async () => (await physicalOf(name)).farmers.length === 3)
      const { chain } = await physicalOf(name)
      expect(chain).toBe(toHex(physicalGenesisHash(network.physical.genesis)))
      expect((await network.validator(name)).peers.toSorted()).toEqual(
        network.validators.filter((other) => other !== name),
      )
    }
    const { confirmed } = await physicalOf('v1')
    const block = await network.get<{ hash: string }>('f2', `blocks/${confirmed.height}`)
    expect(block.hash).toBe(confirmed.hash)
    const tips = recordsOf(network.trace('v1'), 'physical-tip')
    expect(tips.length).toBeGreaterThan(confirmed.height)
  })

  it('go on from their own disk after a crash, and fetch the chain when it was lost', async () => {
    const before = (await physicalOf('v2')).confirmed
    await network.kill('v2')
    await network.start('v2')
    const after = await physicalOf('v2')
    expect(after.height).toBeGreaterThanOrEqual(before.height)
    const starts = recordsOf(network.trace('v2'), 'node-started')
    const told = recordsOf(network.trace('v2'), 'physical-tip').filter(
      ({ monoMs }) => monoMs >= starts[1]!.monoMs,
    )
    expect(told[0]!.height).toBeGreaterThanOrEqual(before.height)

    expect((await network.stop('v2')).code).toBe(0)
    rmSync(join(network.dir, 'v2', 'data', 'physical'), { recursive: true })
    await network.start('v2')
    await until('v2 has the chain again', () => hasCaughtUp('v2', 'f1'))
  })
})

describe('both chains', () => {
  it('record each other: checkpoints are accepted, and the anchored ledger advances', async () => {
    const anchored = async (name: string) =>
      (await network.validator(name)).hybrid?.ledgers.anchored.height ?? 0
    const before = await anchored('v1')
    for (const name of network.validators)
      await until(`${name} anchors`, async () => (await anchored(name)) > before, 60_000)
    const { hybrid, finalHeight } = await network.validator('v1')
    expect(hybrid).toMatchObject({ mode: 'FAST', hazards: 0 })
    expect(hybrid!.ledgers.fast.height).toBeLessThanOrEqual(finalHeight + 1)
    expect((await network.farmer('f1')).hybrid!.ledgers.anchored.height).toBeGreaterThan(0)
  })
})
