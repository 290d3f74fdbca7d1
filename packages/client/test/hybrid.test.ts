import { deriveRoot } from '@groundwork/hybrid-core'
import { transactionId } from '@groundwork/ledger'
import { describe, expect, it } from 'vitest'
import { follow, node } from './harness.ts'
import { forcedItem, hybridEpoch, hybridGenesis, hybridWorld } from './hybrid-world.ts'
import { physicalGenesis } from './physical-world.ts'
import { transferBytes } from './stake-world.ts'

const genesis = { stake: hybridGenesis, physical: physicalGenesis }
const source = (world: ReturnType<typeof hybridWorld>, name = 'a') =>
  node(name, { physical: world.physical, stake: world })

describe('a client of the hybrid', () => {
  it.each([
    ['', false],
    [', whose last blocks are final by a child only', true],
  ])('derives what every node derives, and follows the stake chain over epochs%s', async (_, endsLate) => {
    const world = hybridWorld({ endsLate })
    const view = follow([source(world)], { genesis, wallMs: () => physicalMs(world) })
    for (let i = 0; i < 16; i++) {
      world.run(1)
      const { height } = world.physical.core.tip()
      await view.run(20_000, () => view.tip() === height && view.final() === 2 * height)
      expect([view.tip(), view.final()]).toEqual([height, 2 * height])
    }
    expect(view.client.status()).toMatchObject({ mode: 'FAST', stake: { epoch: 2 } })
    expect(view.client.derivedRoot()).toEqual(deriveRoot(world.follower.state))
    expect(view.events.filter(({ kind }) => kind === 'checkpoint').length).toBeGreaterThan(12)
    expect(view.source('a').refusals.size).toBe(0)
    view.client.stop()
  })

  it('begins at the last confirmed checkpoint if it comes late', async () => {
    const world = hybridWorld()
    world.run(20)
    const view = follow([source(world)], { genesis, wallMs: () => physicalMs(world) })
    await view.run(60_000, () => view.tip() === 20 && view.final() === 40)
    expect([view.tip(), view.final()]).toEqual([20, 40])
    expect(view.client.derivedRoot()).toEqual(deriveRoot(world.follower.state))
    expect(view.source('a').refusals.size).toBe(0)
    view.client.stop()
  })

  it('shows a transaction stage by stage, with what stands behind it', async () => {
    const world = hybridWorld()
    const bytes = transferBytes(0, hybridEpoch.chainId)
    const id = transactionId(bytes)
    const view = follow([source(world)], { genesis, watch: [id], wallMs: () => physicalMs(world) })
    const catchUp = async () => {
      const { height } = world.physical.core.tip()
      const final = (await world.store.head())?.height ?? 0
      await view.run(20_000, () => view.tip() === height && view.final() === final)
    }
    world.run(3)
    world.mine(world.checkpoint())
    world.stake([bytes])
    await catchUp()
    expect(view.client.transaction(id)).toMatchObject({
      included: { by: 'stake', height: 7 },
      fast: true,
      anchored: false,
      phys: false,
      // Three of four signed: what certainly burns is more than a third.
      valueAtLoss: 2,
      spaceTimeCost: null,
    })
    for (let i = 0; i < 5; i++) {
      world.mine(world.checkpoint())
      world.stake()
      await catchUp()
    }
    const report = view.client.transaction(id)
    expect(report).toMatchObject({ fast: true, anchored: true, phys: true, valueAtLoss: 2 })
    expect(report.spaceTimeCost).toBeGreaterThan(0n)
    const stages = view.events.flatMap((event) =>
      event.kind === 'transaction' && event.isReached ? [event.stage] : [],
    )
    expect(stages).toEqual(['included', 'fast', 'anchored', 'phys'])
    view.client.stop()
  })

  it('shows that a stall ends in RECORDED, and that what was forced in is executed all the same', async () => {
    const world = hybridWorld()
    const bytes = transferBytes(0, hybridEpoch.chainId)
    const id = transactionId(bytes)
    const view = follow([source(world)], { genesis, watch: [id], wallMs: () => physicalMs(world) })
    world.run(2)
    world.mine([...world.checkpoint(), forcedItem(bytes)].sort((a, b) => (a.kind < b.kind ? -1 : 1)))
    for (let i = 0; i < 40; i++) world.mine()
    const { height } = world.physical.core.tip()
    await view.run(60_000, () => view.tip() === height)
    expect(view.client.status().mode).toBe('RECORDED')
    expect(view.events).toContainEqual(expect.objectContaining({ kind: 'mode', mode: 'RECORDED' }))
    expect(view.client.transaction(id)).toMatchObject({
      included: { by: 'physical', height: 3, code: null },
      fast: false,
      phys: true,
      valueAtLoss: null,
    })
    expect(view.client.derivedRoot()).toEqual(deriveRoot(world.follower.state))
    view.client.stop()
  })
})

/** The wall clock shows the slot of the tip: an old tip would deliver nothing. */
function physicalMs(world: ReturnType<typeof hybridWorld>): number {
  return world.physical.core.tip().slot * physicalGenesis.parameters.slotMs
}
