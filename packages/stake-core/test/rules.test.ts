import { encodeStakeTransaction, stakeTransactionMessage } from '@groundwork/ledger'
import { keyPair, standInSignatures, toHex } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import {
  type BlockRules,
  createCore,
  type Effect,
  type Epoch,
  hashHeader,
  type JournalEntry,
  type Position,
  pureRules,
  type VoteType,
} from '../src/index.ts'
import { parameters, rich, seedOf, type TestNode, testCluster, testEpoch } from './cluster.ts'

/** What these tests let the physical chain decide. */
interface View {
  readonly maySign?: boolean
  readonly waits?: boolean
  readonly mayNotarize?: boolean
  readonly holds?: boolean
  readonly drafts?: boolean
}

/** The stake chain's own rules, held up as the view says. */
function heldRules(epoch: Epoch): BlockRules {
  const pure = pureRules(epoch)
  let view: View = {}
  return {
    ...pure,
    extend: (parent, block) => (view.waits ? { kind: 'wait', reason: 'test' } : pure.extend(parent, block)),
    mayNotarize: () => view.mayNotarize !== false,
    holds: () => view.holds !== false,
    maySign: () => view.maySign !== false,
    draft: (parent, request) => (view.drafts === false ? null : pure.draft(parent, request)),
    physical(next) {
      view = next as View
      return null
    },
  }
}

function heldCluster(view: View = {}) {
  const cluster = testCluster([1, 1, 1, 1], 10, heldRules)
  const show = (next: View) => {
    for (const node of cluster.nodes) node.step({ kind: 'physical', view: next })
  }
  if (view !== undefined) show(view)
  return { ...cluster, cluster, show }
}

const votesOf = ({ journal }: TestNode, type: VoteType) =>
  journal.flatMap((entry) => (entry.kind === 'voted' && entry.vote.type === type ? [entry.vote] : []))
const proposalsOf = ({ journal }: TestNode) => journal.filter(({ kind }) => kind === 'proposed')
const heightsOf = (nodes: readonly TestNode[]) => nodes.map(({ final }) => final.length)

describe('R12', () => {
  test('while the rules forbid signing nobody votes, skips or proposes, however long', () => {
    const { cluster, show } = heldCluster()
    cluster.run(1_000)
    show({ maySign: false })
    const said = () =>
      cluster.nodes.map(({ journal }) => journal.filter(({ kind }) => kind === 'voted').length)
    const proposed = () => cluster.nodes.map((node) => proposalsOf(node).length)
    const before = [said(), proposed()]
    cluster.run(60_000)
    expect([said(), proposed()]).toEqual(before)
    show({})
    cluster.run(2_000)
    expect(Math.min(...heightsOf(cluster.nodes))).toBeGreaterThan(30)
    expect(cluster.nodes.flatMap((node) => votesOf(node, 'skip'))).toEqual([])
  })

  test('on release the clock of the view starts anew: timers from before the stop are stale', () => {
    const { cluster, show } = heldCluster({ drafts: false })
    const [node] = cluster.nodes
    cluster.run(parameters.timeoutBaseMs - 100)
    show({ maySign: false, drafts: false })
    show({ drafts: false })
    cluster.run(parameters.timeoutBaseMs - 10)
    expect(votesOf(node!, 'skip')).toEqual([])
    cluster.run(10)
    expect(votesOf(node!, 'skip')).toHaveLength(1)
  })

  test('a core that starts while signing is forbidden says nothing', () => {
    const { epoch, secrets } = testEpoch([1])
    const rules = heldRules(epoch)
    rules.physical({ maySign: false })
    const core = createCore({
      epoch,
      self: 0,
      parameters,
      sign: (message) => standInSignatures.sign(secrets[0]!, message),
      head: { view: 0, height: 0, hash: epoch.genesisHash, certificate: null },
      position: { ledger: testCluster([1]).nodes[0]!.core.state.final.position.ledger },
      rules,
      journal: [],
    })
    core.step({ kind: 'start', signing: true })
    core.step({ kind: 'timer', timer: { kind: 'propose', view: 1 } })
    core.step({ kind: 'timer', timer: { kind: 'view', view: 1 } })
    expect([core.state.view, core.snapshot()]).toEqual([1, []])
    const effects = core.step({ kind: 'physical', view: {} })
    expect(effects.some(({ kind }) => kind === 'timer')).toBe(true)
    core.step({ kind: 'timer', timer: { kind: 'propose', view: 1 } })
    expect(core.state.final.height).toBe(1)
  })
})

test('a block that has to wait is no fault: no vote and no skip, until the view says more or time is up', () => {
  const { cluster, show } = heldCluster({ waits: true })
  cluster.run(parameters.timeoutBaseMs - 50)
  for (const node of cluster.nodes) {
    expect([votesOf(node, 'notar'), votesOf(node, 'skip')]).toEqual([[], []])
    expect([...node.core.state.blocks.values()].map(({ waits, fault }) => [waits, fault])).toEqual([
      ['test', null],
    ])
  }
  show({})
  cluster.run(40)
  expect(Math.min(...heightsOf(cluster.nodes))).toBe(1)
  show({ waits: true })
  cluster.run(parameters.timeoutBaseMs + 200)
  for (const node of cluster.nodes) expect(votesOf(node, 'skip').length).toBeGreaterThan(0)
})

test('a vote that the rules hold back is cast when they allow it', () => {
  const { cluster, show } = heldCluster({ mayNotarize: false })
  cluster.run(400)
  expect(cluster.nodes.flatMap((node) => votesOf(node, 'notar'))).toEqual([])
  show({})
  cluster.run(40)
  expect(Math.min(...heightsOf(cluster.nodes))).toBe(1)
  expect(cluster.nodes.flatMap((node) => votesOf(node, 'skip'))).toEqual([])
})

test('what does not hold on the best physical branch is neither voted FINAL nor finalized, and later it is', () => {
  const { cluster } = heldCluster({ holds: false })
  cluster.run(300)
  expect(cluster.nodes.flatMap((node) => votesOf(node, 'final'))).toEqual([])
  expect(cluster.nodes[0]!.core.state.view).toBeGreaterThan(2)
  const [last, ...others] = cluster.nodes
  for (const node of others) node.step({ kind: 'physical', view: {} })
  cluster.run(300)
  expect(heightsOf(others).every((height) => height > 0)).toBe(true)
  expect(last!.core.state.finalTarget).not.toBeNull()
  expect(last!.final).toEqual([])
  last!.step({ kind: 'physical', view: {} })
  expect(last!.final.length).toBeGreaterThan(0)
})

test('a leader without a draft waits for the next view of the physical chain', () => {
  const { cluster, show } = heldCluster({ drafts: false })
  cluster.run(300)
  expect(cluster.nodes.flatMap(proposalsOf)).toEqual([])
  show({})
  expect(cluster.nodes.flatMap(proposalsOf)).toHaveLength(1)
  cluster.run(40)
  expect(Math.min(...heightsOf(cluster.nodes))).toBe(1)
})

test('the stake chain on its own refuses transactions about stake, by name, from a client and in a body', () => {
  const cluster = testCluster([1, 1, 1, 1])
  const { publicKey } = keyPair(rich)
  const fields = { kind: 'bond', from: publicKey, amount: 5n, fee: 1n, nonce: 0 } as const
  const signature = standInSignatures.sign(rich, stakeTransactionMessage(cluster.epoch.chainId, fields))
  const bytes = encodeStakeTransaction({ ...fields, signature })
  const [node] = cluster.nodes
  expect(() => node!.submit(bytes)).toThrow(expect.objectContaining({ code: 'TRANSACTION_KIND' }))
  expect(node!.hand({ kind: 'transactions', transactions: [bytes] })).toBe('transactions-bad')
  expect(node!.core.state.mempool.size).toBe(0)
  const all = testCluster([1, 1, 1, 1], 10, (epoch) => ({ ...pureRules(epoch), refusal: () => null }))
  expect(all.nodes[0]!.submit(bytes).transaction).toMatchObject({ kind: 'bond', nonce: 0 })
  expect(all.nodes[0]!.core.state.mempool.size).toBe(1)
})

describe('R11', () => {
  /** Epochs end at height 3, whose block never gets a FINAL certificate of its own. */
  function endingRules(epoch: Epoch): BlockRules {
    const pure = pureRules(epoch)
    const ended = new Set<Position>()
    const children = new Set<Position>()
    return {
      ...pure,
      extend(parent, block) {
        const extended = pure.extend(parent, block)
        if (extended.kind !== 'extended') return extended
        const isChild = ended.has(parent.position)
        if (isChild && block.transactions.length > 0) return { kind: 'fault', reason: 'epoch-ended' }
        if (isChild || parent.height === 2) ended.add(extended.position)
        if (isChild) children.add(extended.position)
        return extended
      },
      ends: (position) => ended.has(position),
      holds: (position) => !ended.has(position) || children.has(position),
      successor: (position) => {
        const next = { ...epoch, number: 1, id: seedOf('epoch 1') }
        const head = { view: 0, height: 3, hash: seedOf('last'), certificate: null }
        return { epoch: next, head, position, rules: pureRules(next) }
      },
      draft: (parent, request) =>
        pure.draft(parent, ended.has(parent.position) ? { ...request, limits: none } : request),
    }
  }
  const none = { maxBodyTransactions: 0, maxBodyBytes: 4 }

  test('an empty child makes the last block final, and proves it; it is no part of the chain, and the core is done', () => {
    const cluster = testCluster([1, 1, 1, 1], 10, endingRules)
    cluster.run(2_000)
    for (const { core, final, effects } of cluster.nodes) {
      expect(final.map(({ block }) => block.header.height)).toEqual([1, 2, 3])
      const [finalized] = effects.filter((effect) => effect.kind === 'finalize' && effect.end !== undefined)
      const { end } = finalized as Extract<Effect, { kind: 'finalize' }>
      const path = end!.children.map(({ block }) => block.header)
      expect(path.length).toBeGreaterThan(0)
      expect(toHex(path[0]!.parentHash)).toBe(toHex(final[2]!.hash))
      expect(toHex(end!.final.hash)).toBe(toHex(hashHeader(path.at(-1)!)))
      expect(effects.filter(({ kind }) => kind === 'ended')).toHaveLength(1)
      expect(effects.at(-1)).toMatchObject({ kind: 'ended', rebased: false })
      expect(core.state.ended).toBe(true)
      const { view } = core.state
      expect(core.step({ kind: 'timer', timer: { kind: 'view', view } })).toEqual([])
      expect(core.step({ kind: 'peer-up', peer: 'x' })).toEqual([])
    }
  })

  test('an epoch entered at a later block than its first proposes nothing before it knows what certifies that block', () => {
    const { epoch, secrets } = testEpoch([1])
    const core = createCore({
      epoch,
      self: 0,
      parameters,
      sign: (message) => standInSignatures.sign(secrets[0]!, message),
      head: { view: 5, height: 5, hash: seedOf('head'), certificate: null },
      position: { ledger: testCluster([1]).nodes[0]!.core.state.final.position.ledger },
      journal: [],
    })
    core.step({ kind: 'start', signing: true })
    core.step({ kind: 'timer', timer: { kind: 'propose', view: 6 } })
    expect(core.snapshot()).toEqual([])
  })
})

describe('the floor of the sign journal is ordered by epoch, then by view', () => {
  const { epoch, secrets } = testEpoch([1, 1, 1, 1])
  const restarted = (journal: readonly JournalEntry[], number = 2) => {
    const running = { ...epoch, number, id: seedOf(`epoch ${number}`) }
    const core = createCore({
      epoch: running,
      self: 0,
      parameters,
      sign: (message) => standInSignatures.sign(secrets[0]!, message),
      head: { view: 0, height: 0, hash: epoch.genesisHash, certificate: null },
      position: { ledger: testCluster([1]).nodes[0]!.core.state.final.position.ledger },
      rules: { ...pureRules(running), generation: 1 },
      journal,
    })
    const effects = core.step({ kind: 'start', signing: true })
    core.step({ kind: 'timer', timer: { kind: 'view', view: 1 } })
    const own = core.state.views.get(1)?.own ?? {}
    return { core, effects, isSigning: core.state.signing, hasVoted: own.skip !== undefined }
  }
  const entered = (generation: number, number: number, name: string): JournalEntry => {
    return { kind: 'entered', generation, number, epochId: seedOf(name) }
  }

  test('entering an epoch is durable before anything is said in it, and said once', () => {
    const { effects, core, hasVoted } = restarted([entered(1, 1, 'epoch 1')])
    expect(effects[0]).toEqual({ kind: 'persist', entries: [entered(1, 2, 'epoch 2')] })
    expect(hasVoted).toBe(true)
    const again = restarted(core.snapshot())
    expect(again.effects.filter(({ kind }) => kind === 'persist')).toEqual([])
    expect(again.isSigning).toBe(true)
  })

  test.each([
    [1, 3, 'epoch 3', false],
    [1, 2, 'another', false],
    [2, 0, 'after an exit', false],
    [1, 1, 'epoch 1', true],
    [0, 9, 'made void by the exit', true],
  ])('after epoch %i:%i (%s) was entered, signing is %s', (generation, number, name, may) => {
    const { isSigning, hasVoted, core } = restarted([entered(generation, number, name)])
    expect([isSigning, hasVoted]).toEqual([may, may])
    // A later start must find what barred this one.
    const kept = core.snapshot().filter(({ kind }) => kind === 'entered')
    expect(kept).toEqual(may ? [entered(1, 2, 'epoch 2')] : [entered(generation, number, name)])
  })

  test('entries of other epochs say nothing about this one', () => {
    const cluster = testCluster([1, 1, 1, 1])
    cluster.run(500)
    const { core } = restarted(cluster.nodes[0]!.journal)
    expect(core.state.final.height).toBe(0)
    expect([...core.state.blocks.keys(), ...core.state.fetching.keys()]).toEqual([])
    const votes = core
      .snapshot()
      .flatMap((entry) => (entry.kind === 'voted' ? [toHex(entry.vote.epochId)] : []))
    expect(votes).toEqual([toHex(seedOf('epoch 2'))])
  })
})
