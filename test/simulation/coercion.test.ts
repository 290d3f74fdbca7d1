import { expect, test } from 'vitest'
import { decodeTransaction } from '../../packages/ledger/src/index.ts'
import { equal, type KeyPair } from '../../packages/primitives/src/index.ts'
import { type Cluster, cluster, simulatedAccounts } from '../../packages/simulator/src/index.ts'
import { signedTransfer } from '../../packages/simulator/src/transfers.ts'
import { judged, planOf } from './plans.ts'

/** What coerced validators do to a stake chain on its own; the same transformers act in hybrid networks. */

const [payer, target, other] = simulatedAccounts(4) as [KeyPair, KeyPair, KeyPair]

function running(seed = 1): Cluster {
  const world = cluster({ nodes: 7, seed, target: target.publicKey })
  return world.run(2_000)
}
function pay(world: Cluster, to: KeyPair, nonce: number): void {
  const { bytes } = signedTransfer(world.epoch.chainId, world.signatures, payer, {
    to: to.publicKey,
    nonce,
    fee: 0n,
  })
  expect(world.node(7).submit([bytes])).toBe(null)
}
const isPaid = (world: Cluster, to: KeyPair): boolean =>
  world.node(7).disk.chain.some(({ block }) =>
    block.body.some((bytes) => {
      const transaction = decodeTransaction(bytes)
      return transaction.kind === 'transfer' && equal(transaction.transfer.to, to.publicKey)
    }),
  )
const unharmed = (world: Cluster) => world.monitor.finish({ conflictAllowed: false })

test('censors below a third delay a transaction, from a third on they keep it out for ever, and are not to blame', () => {
  const outcome = (censors: readonly number[]) => {
    const world = running()
    world.coerce(censors, ['censor'])
    pay(world, target, 0)
    world.run(60_000)
    expect(unharmed(world)).toEqual([])
    const before = world.finalHeight()
    world.run(30_000)
    return { paid: isPaid(world, target), grows: world.finalHeight() > before }
  }
  expect(outcome([1, 2])).toEqual({ paid: true, grows: true })
  expect(outcome([1, 2, 3])).toEqual({ paid: false, grows: true })
})

test('censors let other transactions pass, and all once they are let go', () => {
  const world = running()
  const end = world.coerce([1, 2, 3, 4], ['censor'])
  pay(world, other, 0)
  world.run(10_000)
  expect(isPaid(world, other)).toBe(true)
  pay(world, target, 1)
  world.run(20_000)
  expect(isPaid(world, target)).toBe(false)
  end()
  world.run(20_000)
  expect(isPaid(world, target)).toBe(true)
})

test.each(['withhold', 'stall'] as const)('%s by a third stops finality, until it ends', (behaviour) => {
  const world = running()
  const end = world.coerce([1, 2, 3], [behaviour])
  world.run(2_000)
  const height = world.topHeight()
  world.run(20_000)
  expect(world.topHeight()).toBe(height)
  end()
  world.run(20_000)
  expect(world.topHeight()).toBeGreaterThan(height + 5)
  expect(unharmed(world)).toEqual([])
})

test('whoever stalls says nothing at all', () => {
  const said: string[] = []
  const world = cluster({
    nodes: 4,
    observe: (_timeMs, node, fact) => {
      if (node.name === 'v1' && fact.kind === 'said') said.push(fact.message.kind)
    },
  })
  world.run(2_000).coerce([1], ['stall'])
  said.length = 0
  world.run(10_000)
  expect(said).toEqual([])
  expect(world.finalHeight()).toBeGreaterThan(5)
})

test('bad states by fewer than a third become no block; by two thirds, only their own follow them', () => {
  const few = running()
  few.coerce([1, 2], ['bad-state'])
  few.run(20_000)
  expect(unharmed(few)).toEqual([])
  expect(few.finalHeight()).toBeGreaterThan(20)

  const many = running()
  many.coerce([1, 2, 3, 4, 5], ['bad-state'])
  many.run(20_000)
  const [coerced, honest] = [1, 7].map((which) => many.node(which).disk.chain.length)
  expect(coerced).toBeGreaterThan((honest as number) + 10)
})

test('withheld bodies keep the others from a chain that goes on without them', () => {
  const world = running()
  world.coerce([1, 2, 3, 4, 5], ['withhold-bodies'])
  world.run(20_000)
  const [coerced, honest] = [1, 7].map((which) => world.node(which).disk.chain.length)
  expect(coerced).toBeGreaterThan((honest as number) + 5)
  expect(unharmed(world)).toEqual([])
})

test('a farmer that farms twice is shown up by evidence on the chain, and its plots win no more', () => {
  const plan = planOf(
    `network: { physical: { farmers: 4, profile: ci, parameters: { epoch: 32 } } }
timeline: [{ at: 5s, fault: coerce, target: f1, behaviour: double-farm }]
duration: 60s
`,
    1,
  )
  const run = judged(plan)
  const plots = run.records.flatMap((record) =>
    record.kind === 'farmer-started' && record.node === 'f1' ? record.plots.map(({ plot }) => plot) : [],
  )
  const shown = run.records.flatMap((record) => (record.kind === 'farmer-equivocation' ? [record.plot] : []))
  expect(new Set(shown)).toEqual(new Set(plots))
  const wins = run.records.flatMap((record) =>
    record.kind === 'physical-block' && record.node === 'f2' && plots.includes(record.plot) ? [record] : [],
  )
  expect(wins.length).toBeGreaterThan(0)
  expect(wins.filter(({ monoMs }) => monoMs > 30_000)).toEqual([])
})
