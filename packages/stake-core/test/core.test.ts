import { toHex } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import { rich, testCluster, transferFrom } from './cluster.ts'

const hashes = (blocks: readonly { hash: Uint8Array }[]) => blocks.map(({ hash }) => toHex(hash))

test('seven equal validators finalize without a skip, in three delays', () => {
  const cluster = testCluster([1, 1, 1, 1, 1, 1, 1])
  cluster.run(5_000)
  const heights = cluster.nodes.map(({ final }) => final.length)
  // A view lasts minViewTime and two delays: 5,000 / 70.
  expect(Math.min(...heights)).toBeGreaterThan(65)
  const shortest = Math.min(...heights)
  for (const { final } of cluster.nodes) {
    expect(hashes(final).slice(0, shortest)).toEqual(hashes(cluster.nodes[0]!.final).slice(0, shortest))
  }
  const skips = cluster.nodes.flatMap(({ effects }) =>
    effects.filter(
      (effect) =>
        effect.kind === 'observe' &&
        effect.observation.kind === 'voted' &&
        effect.observation.type === 'skip',
    ),
  )
  expect(skips).toEqual([])
})

test('a transfer handed to every node is executed once and leaves every pool', () => {
  const cluster = testCluster([1, 1, 1, 1])
  const bytes = transferFrom(cluster.epoch, rich, 0)
  for (const node of cluster.nodes) node.submit(bytes)
  cluster.run(1_000)
  for (const { core, final } of cluster.nodes) {
    expect(final.flatMap(({ transactionIds }) => transactionIds)).toHaveLength(1)
    expect(core.state.mempool.size).toBe(0)
  }
})

test('without a quorum nothing is final, and after the heal finality returns without a fork', () => {
  const cluster = testCluster([1, 1, 1, 1, 1, 1, 1])
  cluster.run(1_000)
  cluster.cut = (from, to) => from < 3 !== to < 3
  cluster.run(100)
  const before = cluster.nodes.map(({ final }) => final.length)
  cluster.run(30_000)
  expect(cluster.nodes.map(({ final }) => final.length)).toEqual(before)
  cluster.cut = () => false
  const target = Math.max(...before) + 1
  const healedAt = cluster.now()
  cluster.run(10_000, () => cluster.nodes.every(({ final }) => final.length >= target))
  expect(cluster.now() - healedAt).toBeLessThan(2_000)
})

test('a node that was cut off fetches what it missed', () => {
  const cluster = testCluster([1, 1, 1, 1])
  cluster.cut = (from, to) => from === 3 || to === 3
  cluster.run(10_000)
  expect(cluster.nodes[3]!.final).toHaveLength(0)
  cluster.cut = () => false
  cluster.run(5_000)
  const heights = cluster.nodes.map(({ final }) => final.length)
  expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(3)
})

test('R5: in good weather no certificate is relayed; a peer that lacks votes gets it a little later', () => {
  const cluster = testCluster([1, 1, 1, 1])
  const relayed = () =>
    cluster.nodes.flatMap(({ effects }) =>
      effects.filter((effect) => 'message' in effect && effect.message.kind === 'certificate'),
    ).length
  cluster.run(3_000)
  expect(relayed()).toBe(0)
  // Node 3 hears from node 0 alone: no quorum of votes, but node 0's relays and proposals.
  cluster.cut = (from, to) => to === 3 && from !== 0
  const before = cluster.nodes[3]!.final.length
  cluster.run(5_000)
  expect(relayed()).toBeGreaterThan(0)
  expect(cluster.nodes[3]!.final.length).toBeGreaterThan(before + 5)
})
