import { encodeForced } from '@groundwork/hybrid-core'
import { transactionId } from '@groundwork/ledger'
import { toHex } from '@groundwork/primitives'
import { encodeSegment, hashHeader } from '@groundwork/stake-core'
import { describe, expect, it } from 'vitest'
import { follow, node } from './harness.ts'
import { physicalNode } from './physical-world.ts'
import { certify, stakeWorld, transferBytes } from './stake-world.ts'

function worlds(blocks: number) {
  const physical = physicalNode()
  const stake = stakeWorld()
  for (let i = 0; i < blocks; i++) {
    physical.grow({ farmer: i % 3, slot: physical.core.tip().slot + 1 + (i % 2) })
    stake.grow({ skips: i % 4 === 3 ? 1 : 0 })
  }
  return { physical, stake }
}

describe('a client', () => {
  it('follows both chains of an honest node, and says so block by block', async () => {
    const world = worlds(40)
    const view = follow([node('a', world)])
    await view.run(5_000, () => view.tip() === 40 && view.final() === 40)
    expect(view.hashes('physical')).toEqual(world.physical.hashes())
    expect(view.hashes('stake')).toEqual(world.stake.store.blocks.map(({ hash }) => toHex(hash)))
    expect(view.source('a')).toEqual({ name: 'a', state: 'asked', refusals: new Map() })
    world.physical.grow()
    world.stake.grow()
    await view.run(5_000, () => view.tip() === 41 && view.final() === 41)
    expect([view.tip(), view.final()]).toEqual([41, 41])
    view.client.stop()
  })

  it('takes the heaviest chain that is valid, and goes over to a heavier one', async () => {
    const [light, heavy] = [physicalNode(), physicalNode()]
    for (let i = 0; i < 5; i++) for (const one of [light, heavy]) one.grow()
    for (let i = 0; i < 6; i++) light.grow({ farmer: 1 })
    for (let i = 0; i < 4; i++) heavy.grow({ farmer: 2 })
    const view = follow([node('light', { physical: light }), node('heavy', { physical: heavy })])
    await view.run(20_000, () => view.tip() === 11)
    expect(view.hashes('physical').at(-1)).toBe(light.hashes().at(-1))
    for (let i = 0; i < 4; i++) heavy.grow({ farmer: 2 })
    await view.run(20_000, () => view.tip() === 13)
    expect(view.hashes('physical').at(-1)).toBe(heavy.hashes().at(-1))
    expect(view.events).toContainEqual(expect.objectContaining({ kind: 'physical', height: 6, reverted: 6 }))
    for (const name of ['light', 'heavy']) expect(view.source(name).refusals.size).toBe(0)
    view.client.stop()
  })

  it('says of a transaction where it is and what it has reached, and nothing of an unknown one', async () => {
    const [physical, stake] = [physicalNode(), stakeWorld()]
    const [first, second, forced] = [0, 1, 7].map((nonce) => transferBytes(nonce)) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ]
    const ids = [first, second, forced].map(transactionId)
    const view = follow([node('a', { physical, stake })], { watch: ids })
    stake.grow()
    physical.grow({ items: [{ kind: 'forced-transaction', bytes: encodeForced(forced) }] })
    physical.grow({ items: [{ kind: 'forced-transaction', bytes: Uint8Array.of(1) }] })
    await view.run(5_000, () => view.tip() === 2 && view.final() === 1)
    const of = (id: Uint8Array) => view.client.transaction(id)
    expect(of(ids[0]!)).toMatchObject({ included: { by: 'stake', height: 1 }, fast: true, anchored: false })
    expect(of(ids[1]!)).toMatchObject({ included: null, fast: false })
    expect(of(ids[2]!)).toMatchObject({ included: { by: 'physical', height: 1 }, fast: false, phys: false })
    const said = view.events.flatMap((event) => (event.kind === 'transaction' ? [event] : []))
    expect(said.map(({ stage, report }) => `${ids.indexOf(report.id)} ${stage}`).sort()).toEqual([
      '0 fast',
      '0 included',
      '2 included',
    ])
    view.client.stop()
  })

  it('takes back what a reorganisation took back', async () => {
    const [a, b] = [physicalNode(), physicalNode()]
    const forced = transferBytes(0)
    const id = transactionId(forced)
    a.grow({ items: [{ kind: 'forced-transaction', bytes: encodeForced(forced) }] })
    b.grow({ farmer: 1 })
    const sources = [node('a', { physical: a }), node('b', { physical: b })]
    const view = follow(sources, { watch: [id] })
    b.grow({ farmer: 1 })
    a.grow()
    a.grow()
    await view.run(5_000, () => view.tip() === 3)
    expect(view.client.transaction(id).included).toMatchObject({ by: 'physical', height: 1 })
    for (let i = 0; i < 3; i++) b.grow({ farmer: 1 })
    await view.run(5_000, () => view.tip() === 5)
    expect(view.client.transaction(id).included).toBeNull()
    expect(view.events).toContainEqual(
      expect.objectContaining({ kind: 'transaction', stage: 'included', isReached: false }),
    )
    view.client.stop()
  })

  it('blames nobody for what a quorum notarized and did not finalize', async () => {
    const stake = stakeWorld()
    stake.grow()
    const beside = stake.next({ transfers: 0 })
    const good = stake.grow({ skips: 1 })
    const view = follow([
      node('beside', { stake }, async (path) => {
        const segment = await stake.segment(0)
        if (!path.startsWith('/v1/stake')) return null
        const [first] = segment.proposals
        return encodeSegment({
          head: 9,
          certificate: certify('final', 1, hashHeader(first!.block.header)),
          proposals: [first!, { block: beside.block, signature: beside.signature }],
        })
      }),
      node('honest', { stake }),
    ])
    await view.run(5_000, () => view.final() === 2)
    expect(view.hashes('stake').at(-1)).toBe(toHex(good.hash))
    expect(view.source('honest').refusals.size).toBe(0)
    view.client.stop()
  })
})
