import { describe, expect, test } from 'vitest'
import { encodeCharge, hybridProfiles } from '../../packages/hybrid-core/src/index.ts'
import { forced, party } from '../../packages/hybrid-core/test/harness.ts'
import { equal, prng, toHex } from '../../packages/primitives/src/index.ts'
import { type Vote, voteMessage } from '../../packages/stake-core/src/index.ts'
import { type ClusterNode, contradictions, hashesAt, hybridCluster } from './hybrid-cluster.ts'

const parameters = { ...hybridProfiles.ci, epochHeights: 16 }
type Cluster = ReturnType<typeof hybridCluster>

const heightOf = ({ store }: ClusterNode) => store.newest?.height ?? 0
const epochOf = ({ driver }: ClusterNode) => driver!.core.epoch.number
const members = (cluster: Cluster) =>
  cluster.nodes[0]!.driver!.core.epoch.validators.validators.map(({ publicKey }) => toHex(publicKey))
const rejected = (cluster: Cluster) => cluster.h.records.filter(({ kind }) => kind === 'checkpoint-rejected')

/** Everybody votes in RECORDED until it is left. */
function recorded({ h, items, run }: Cluster): boolean {
  let at = 0
  return run(60_000, () => {
    const open = h.state.mode.recorded?.open
    const isDue = open != null && h.state.height === open.window * parameters.windowBlocks + parameters.kappa
    if (isDue && h.state.height !== at) {
      items.push(...h.validators.map((one) => h.recordedVote(one)))
      items.push(...h.farmers.map((one) => h.spaceVote(one)))
      at = h.state.height
    }
    return h.state.mode.recorded === null
  })
}

/** One chain, nobody contradicts himself, and everybody is on the way. */
function expectSound(cluster: Cluster, nodes: readonly ClusterNode[] = cluster.nodes): void {
  const heights = nodes.map(heightOf)
  const lowest = Math.min(...heights)
  // A node that began anew at a checkpoint has a gap below it.
  for (let height = 1; height <= lowest; height++)
    expect(hashesAt(nodes, height).length).toBeLessThanOrEqual(1)
  for (const node of nodes) expect(contradictions(node.votes)).toEqual([])
  expect(Math.max(...heights) - lowest).toBeLessThan(20)
}

test('R11: epochs follow each other on every node, and derive takes every checkpoint', () => {
  const cluster = hybridCluster({ parameters })
  cluster.run(10_000)
  expectSound(cluster)
  expect(hashesAt(cluster.nodes, 100)).toHaveLength(1)
  expect(cluster.nodes.map(epochOf)).toEqual([8, 8, 8, 8])
  expect(cluster.h.state.epoch.number).toBeGreaterThan(6)
  expect(rejected(cluster)).toEqual([])
  expect(cluster.nodes.flatMap((node) => node.rejected)).toEqual([])
  for (const { epochs, store } of cluster.nodes) {
    for (const { head } of epochs) {
      expect(head).toMatchObject({ view: 0, certificate: null })
      expect(equal(store.blocks[head.height - 1]!.hash, head.hash)).toBe(true)
      expect(head.height % 16).toBe(15)
    }
  }
})

test('FI-1: what is forced in goes before what waits in the pool, and clears it of what can never apply', () => {
  // Within one epoch: the next one's core would not take it over anyway.
  const cluster = hybridCluster({ parameters: hybridProfiles.ci })
  const { h } = cluster
  for (const { driver } of cluster.nodes) {
    // More than there is: it waits, under a number that the forced one takes.
    const transactions = [h.transfer(0, { amount: 2_000_000_000n })]
    driver!.receive({ kind: 'transactions', transactions }, 'client')
  }
  cluster.run(500)
  expect(cluster.nodes.map(({ driver }) => driver!.core.state.mempool.size)).toEqual([1, 1, 1, 1])
  cluster.items.push(forced(h.transfer(0)))
  cluster.run(3_000)
  for (const { driver } of cluster.nodes) {
    const { final, mempool } = driver!.core.state
    expect(final.position.ledger.account(h.rich.publicKey).nonce).toBe(1)
    expect(mempool.size).toBe(0)
  }
})

describe('validator sets', () => {
  test('whoever bonds counts two epochs later and proposes; whoever unbonds goes', () => {
    const cluster = hybridCluster({ parameters, followers: [party('newcomer')] })
    const { h } = cluster
    const [leaver, newcomer] = [h.validators[3]!, party('newcomer')]
    cluster.nodes[0]!.driver!.receive(
      {
        kind: 'transactions',
        transactions: [h.stake('bond', newcomer, 10n, 0), h.stake('unbond', leaver, 10n, 0)],
      },
      'client',
    )
    cluster.run(1_000)
    expect(members(cluster)).not.toContain(newcomer.key)
    cluster.run(6_000)
    expectSound(cluster)
    expect(members(cluster)).toContain(newcomer.key)
    expect(members(cluster)).not.toContain(leaver.key)
    const late = cluster.nodes[4]!
    expect(late.votes.length).toBeGreaterThan(50)
    const proposed = late.observations.filter(({ kind }) => kind === 'proposed')
    expect(proposed.length).toBeGreaterThan(5)
    expect(rejected(cluster)).toEqual([])
  })

  test('a proven offender is out of the next epoch', () => {
    const cluster = hybridCluster({ parameters })
    const { h } = cluster
    cluster.run(1_000)
    const offender = h.validators[2]!
    const { header } = cluster.nodes[0]!.store.blocks[5]!.block
    const epoch = h.epochZero
    const vote = (hash: Uint8Array): Vote => {
      const message = voteMessage(epoch.id, header.view, 'notar', hash)
      return {
        epochId: epoch.id,
        view: header.view,
        type: 'notar',
        hash,
        voter: 2,
        signature: h.sign(offender, message),
      }
    }
    const [a, b] = [vote(cluster.nodes[0]!.store.blocks[5]!.hash), vote(new Uint8Array(32).fill(9))]
    const evidence = { rule: 'S1', epochId: epoch.id, view: header.view, offender: 2, a, b } as const
    cluster.items.push({
      kind: 'stake-evidence',
      bytes: encodeCharge({ kind: 'stake', evidence, headers: [header] }),
    })
    expect(members(cluster)).toContain(offender.key)
    cluster.run(5_000)
    expect(h.records.filter(({ kind }) => kind === 'slashed')).toHaveLength(1)
    expect(members(cluster)).not.toContain(offender.key)
    expectSound(cluster)
    expect(rejected(cluster)).toEqual([])
  })
})

describe('crash and restart', () => {
  test.each(Array.from({ length: 12 }, (_, i) => 950 + i * 46))(
    'at %i ms, in the neighbourhood of an epoch boundary, nothing is signed twice',
    (atMs) => {
      const cluster = hybridCluster({ parameters })
      const node = cluster.nodes[1]!
      cluster.run(atMs)
      node.crash()
      cluster.run(37)
      node.restart()
      cluster.run(60)
      node.crash()
      node.restart()
      cluster.run(3_000)
      expectSound(cluster)
      expect(epochOf(node)).toBeGreaterThan(2)
    },
  )

  test('of everybody at once goes on in the same epoch', () => {
    const cluster = hybridCluster({ parameters })
    cluster.run(2_345)
    for (const node of cluster.nodes) node.crash()
    const before = cluster.height()
    cluster.run(500)
    for (const node of cluster.nodes) node.restart()
    cluster.run(3_000)
    expectSound(cluster)
    expect(cluster.height()).toBeGreaterThan(before + 20)
  })
})

test('R7: a node that was away for several epochs is shown that each ended, and catches up', () => {
  const cluster = hybridCluster({ parameters, weights: [10, 10, 10, 10] })
  const late = cluster.nodes[3]!
  cluster.run(1_500)
  cluster.cut = (from, to) => from === late || to === late
  const left = epochOf(late)
  cluster.run(15_000)
  const ahead = epochOf(cluster.nodes[0]!)
  expect(ahead - left).toBeGreaterThanOrEqual(3)
  expect(epochOf(late)).toBe(left)
  cluster.cut = () => false
  const healedAt = cluster.now()
  expect(cluster.run(10_000, () => epochOf(late) >= ahead)).toBe(true)
  expect(cluster.now() - healedAt).toBeLessThan(4_000)
  cluster.run(1_000)
  expectSound(cluster)
})

test('twins across a boundary give evidence against their key alone, and within an epoch alone', () => {
  const cluster = hybridCluster({ parameters, twins: [3] })
  const twins = [cluster.nodes[3]!, cluster.nodes[4]!]
  // Each knows of transactions that the other does not, so that they propose different things.
  for (let i = 0; i < 30; i++) {
    const transactions = [cluster.h.transfer(i)]
    twins[1]!.driver!.receive({ kind: 'transactions', transactions }, 'client')
    cluster.run(500)
  }
  const honest = cluster.nodes.slice(0, 3)
  const found = honest.flatMap(({ observations }) =>
    observations.flatMap((one) => (one.kind === 'evidence' ? [one.evidence] : [])),
  )
  expect(new Set(honest.map(epochOf)).size).toBe(1)
  expect(epochOf(honest[0]!)).toBeGreaterThan(5)
  expectSound(cluster, honest)
  expect(found.length).toBeGreaterThan(0)
  for (const evidence of found) {
    expect(evidence.offender).toBe(3)
    if (evidence.rule === 'S1' || evidence.rule === 'S2')
      expect(toHex(evidence.a.epochId)).toBe(toHex(evidence.b.epochId))
  }
  // Together they said many things in one view number that only the epoch tells apart.
  const said = twins.flatMap(({ votes }) => votes)
  expect(new Set(said.map(({ epochId }) => toHex(epochId))).size).toBeGreaterThan(5)
})

describe('R12 and the exit', () => {
  test('a stall is waited out without a skip, and FAST goes on where it stood', () => {
    const cluster = hybridCluster({ parameters })
    cluster.run(2_000)
    cluster.checkpoints = false
    const lastCheckpoint = cluster.h.state.mode.lastCheckpoint
    const stopAt = lastCheckpoint + parameters.stallDeadlineBlocks - parameters.stopMarginBlocks
    expect(cluster.run(10_000, () => cluster.h.state.height >= stopAt)).toBe(true)
    cluster.run(50)
    const [height, epoch] = [cluster.height(), epochOf(cluster.nodes[0]!)]
    const skips = () =>
      cluster.nodes.flatMap(({ votes }) => votes.filter(({ type }) => type === 'skip')).length
    const before = skips()
    cluster.mining = false
    cluster.run(4_000)
    expect([cluster.height(), skips()]).toEqual([height, before])
    cluster.checkpoints = true
    cluster.mining = true
    cluster.run(3_000)
    expect(cluster.h.state.mode.recorded).toBeNull()
    expect(cluster.height()).toBeGreaterThan(height)
    expect(epochOf(cluster.nodes[0]!)).toBeGreaterThanOrEqual(epoch)
    expectSound(cluster)
    // At most the view whose proposal was too old by then.
    expect(skips() - before).toBeLessThanOrEqual(4)
  })

  /** What was final above the last checkpoint when RECORDED began. */
  interface Void {
    readonly height: number
    readonly epochs: readonly string[]
  }

  /** Through a stall and RECORDED to an exit; `during` runs once RECORDED has begun. */
  function exited(during: (cluster: Cluster) => void): { cluster: Cluster; voided: Void } {
    const cluster = hybridCluster({ parameters })
    const { h } = cluster
    cluster.run(2_000)
    cluster.checkpoints = false
    cluster.items.push(forced(h.transfer(0)))
    expect(cluster.run(20_000, () => h.state.mode.recorded !== null)).toBe(true)
    const { height } = h.state.tip
    expect(cluster.height()).toBeGreaterThan(height)
    const voided = { height, epochs: cluster.nodes.flatMap((node) => epochsAbove(node, height)) }
    during(cluster)
    const hasExited = recorded(cluster)
    expect(hasExited).toBe(true)
    cluster.checkpoints = true
    return { cluster, voided }
  }

  const epochsAbove = ({ store }: ClusterNode, height: number) =>
    store.blocks
      .slice(height)
      .flatMap((block) => (block === undefined ? [] : [toHex(block.block.header.epochId)]))

  function expectNothingVoid(cluster: Cluster, { height, epochs }: Void): void {
    const { h } = cluster
    for (const node of cluster.nodes) {
      expect(epochOf(node)).toBeGreaterThanOrEqual(h.state.epoch.number)
      expect(heightOf(node)).toBeGreaterThan(height + 10)
      for (const id of epochsAbove(node, height)) expect(epochs).not.toContain(id)
    }
    expect(h.state.mode.recorded).toBeNull()
    expect(h.state.tip.height).toBeGreaterThan(height + 10)
  }

  test('after RECORDED every node goes on in the epoch that the exit names, and what was void is gone', () => {
    const { cluster, voided } = exited(({ nodes }) => nodes[0]!.crash())
    cluster.run(2_000)
    cluster.nodes[0]!.restart()
    cluster.run(5_000)
    expectSound(cluster)
    expectNothingVoid(cluster, voided)
  })

  test('a start in RECORDED judges no block of the chain that is void', () => {
    const { cluster, voided } = exited((running) => {
      const [node] = running.nodes
      running.run(1_500)
      const before = node!.observations.length
      node!.crash()
      node!.restart()
      running.run(1_000)
      const since = node!.observations.slice(before).map(({ kind }) => kind)
      expect(since).not.toContain('proposal-invalid')
      expect(since).not.toContain('conflict')
    })
    cluster.run(5_000)
    expectSound(cluster)
    expectNothingVoid(cluster, voided)
  })

  test('whoever sees the exit only after later checkpoints keeps nothing of what is void', () => {
    const { cluster, voided } = exited(({ nodes }) => {
      nodes[0]!.sees = false
    })
    cluster.run(2_000)
    expect(cluster.h.state.tip.height).toBeGreaterThan(voided.height + 5)
    cluster.nodes[0]!.sees = true
    cluster.run(5_000)
    expectSound(cluster)
    expectNothingVoid(cluster, voided)
  })
})

/** Crashes, cuts, nodes that see nothing of the physical chain, and stalls without checkpoints, in any order. */
function turmoil(seed: number): Cluster {
  const random = prng(`epochs ${seed}`)
  const cluster = hybridCluster({ parameters: { ...parameters, epochHeights: 4 + random.below(12) } })
  const { nodes } = cluster
  for (let round = 0; round < 12; round++) {
    const node = nodes[random.below(nodes.length)]!
    const what = random.below(6)
    if (what === 0 && node.driver !== null) node.crash()
    if (what === 1) {
      const side = new Set(nodes.filter(() => random.below(2) === 0))
      cluster.cut = (from, to) => side.has(from) !== side.has(to)
    }
    if (what === 2) node.sees = !node.sees
    if (what === 3) cluster.checkpoints = !cluster.checkpoints
    if (what === 4) cluster.cut = () => false
    if (what === 5) for (const one of nodes) if (one.driver === null) one.restart()
    cluster.run(50 + random.below(900))
  }
  cluster.cut = () => false
  cluster.checkpoints = true
  for (const node of nodes) {
    node.sees = true
    if (node.driver === null) node.restart()
  }
  return cluster
}

test.each(Array.from({ length: 8 }, (_, seed) => seed))(
  'turmoil %i: nobody contradicts himself, and all go on as one chain',
  (seed) => {
    const cluster = turmoil(seed)
    // A stall may still come of it.
    cluster.run(3_000)
    expect(recorded(cluster)).toBe(true)
    cluster.run(8_000)
    const before = cluster.height()
    cluster.run(4_000)
    for (const node of cluster.nodes) expect(contradictions(node.votes)).toEqual([])
    expectSound(cluster)
    expect(cluster.height()).toBeGreaterThan(before)
    expect(rejected(cluster).filter((record) => JSON.stringify(record).includes('state-root'))).toEqual([])
  },
)
