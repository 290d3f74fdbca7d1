import { describe, expect, test } from 'vitest'
import { encodeTransfer, transferMessage } from '../../packages/ledger/src/index.ts'
import { prng, toHex } from '../../packages/primitives/src/index.ts'
import { type Cluster, cluster, simulatedAccounts, strategies } from '../../packages/simulator/src/index.ts'
import { expectSafe, holds, untilLevel, untilNextFinality, viewOf } from './script.ts'

/** Pitfalls of consensus implementations that others fell into, each as a script. Times in virtual milliseconds. */

const still = { delayMs: 25, jitterMs: 0 }

/** Runs until every node has notarized the proposal of one view, and returns that view. */
function untilAllNotarized(world: Cluster): number {
  const from = viewOf(world, 1)
  const voted = (view: number): boolean =>
    world.nodes.every((node) => node.core?.state.views.get(view)?.own.notar !== undefined)
  let found = 0
  world.runUntil(() => {
    for (let view = from + 1; view < from + 20 && found === 0; view++) if (voted(view)) found = view
    return found > 0
  }, 5_000)
  expect(found).toBeGreaterThan(0)
  return found
}

describe('P1: some hold a notarization of a view and others a skip certificate', () => {
  test.each([
    { early: [1, 2], late: [3, 4, 5, 6, 7] },
    { early: [6, 7], late: [1, 2, 3, 4, 5] },
  ])('$early notarize, $late skip', ({ early, late }) => {
    const world = cluster({ nodes: 7, seed: 'P1', link: still, parameters: { timeoutBaseMs: 500 } }).run(
      2_000,
    )
    const all = [...early, ...late]
    const view = untilAllNotarized(world)
    const deaf = world.oneWay(all, late)
    world.run(400)
    expect(early.every((node) => holds(world, node, view, 'notar'))).toBe(true)
    world.partition(early, late)
    deaf()
    world.runUntil(() => late.every((node) => holds(world, node, view, 'skip')), 5_000)
    expect(late.every((node) => holds(world, node, view, 'skip'))).toBe(true)
    expect(late.some((node) => holds(world, node, view, 'notar'))).toBe(false)
    const healed = Math.max(...all.map((node) => viewOf(world, node)))
    world.links.heal()
    expect(untilNextFinality(world, 10_000)).toBeLessThan(3_900)
    expect(world.nodes[0]?.core?.state.final.view).toBeLessThanOrEqual(healed + 3)
    untilLevel(world, 5_000)
    expectSafe(world)
  })

  test('3 of 7 notarize first, the other four can neither notarize nor skip', () => {
    const world = cluster({ nodes: 7, seed: 'P1', link: still }).run(2_000)
    const view = untilAllNotarized(world)
    const deaf = world.oneWay([1, 2, 3, 4, 5, 6, 7], [4, 5, 6, 7])
    world.run(3_000)
    expect([1, 2, 3].every((node) => holds(world, node, view, 'notar'))).toBe(true)
    expect(
      [4, 5, 6, 7].some((node) => holds(world, node, view, 'notar') || holds(world, node, view, 'skip')),
    ).toBe(false)
    deaf()
    expect(untilNextFinality(world, 10_000)).toBeLessThan(3_900)
    untilLevel(world, 5_000)
    expectSafe(world)
  })
})

describe('P2: a laggard gets certificates whose blocks nobody tells it any more', () => {
  test('a node frozen for 200 views is level within seconds', () => {
    const world = cluster({ nodes: 7, seed: 'P2' }).run(2_000)
    world.node(7).pause()
    const frozen = viewOf(world, 7)
    world.runUntil(() => viewOf(world, 1) > frozen + 200, 60_000)
    world.node(7).resume()
    expect(untilLevel(world, 10_000)).toBeLessThan(3_500)
    expectSafe(world)
  })

  test('146 views behind, and one of those that could tell is dead', () => {
    const world = cluster({ nodes: 7, seed: 'P2' }).run(2_000)
    const heal = world.partition([7], [1, 2, 3, 4, 5, 6])
    world.runUntil(() => viewOf(world, 1) > viewOf(world, 7) + 146, 60_000)
    world.node(1).kill()
    heal()
    expect(untilLevel(world, 10_000)).toBeLessThan(3_500)
    expectSafe(world)
  })

  test('what was being fetched is fetched again after a restart, also while nothing new becomes final', () => {
    const world = cluster({ nodes: 4, seed: 'P2' }).run(3_000)
    const deaf = world.network.drop(
      (_from, to, message) =>
        to === 'v4' && (message.kind === 'proposal' || message.kind === 'block-response'),
    )
    world.run(1_000)
    const height = world.node(4).disk.chain.length
    expect(world.node(4).core?.state.fetching.size).toBeGreaterThan(0)
    for (const node of [1, 2]) world.node(node).kill()
    world.node(4).kill()
    world.node(4).start()
    deaf()
    const level = () => world.node(4).disk.chain.length >= world.node(3).disk.chain.length
    expect(world.runUntil(level, 3_000)).toBe(true)
    expect(world.node(4).disk.chain.length).toBeGreaterThan(height)
    expectSafe(world)
  })

  test('three laggards in turn, while a third of the messages is lost', () => {
    const world = cluster({ nodes: 7, seed: 'P2', link: { lossRatio: 0.3 } }).run(2_000)
    for (const laggard of [5, 6, 7]) {
      world.node(laggard).kill()
      world.run(15_000)
      world.node(laggard).start()
      untilLevel(world, 15_000)
    }
    expectSafe(world)
  })
})

test('P3: two of seven leaders propose blocks that do not execute; the chain goes on at once', () => {
  const world = cluster({
    nodes: Array.from({ length: 7 }, (_, validator) => ({
      validator,
      byzantine: validator < 2 ? strategies['invalid-body'] : null,
    })),
    seed: 'P3',
    observe: (_timeMs, _node, fact) => {
      if (fact.kind === 'observed' && fact.observation.kind === 'proposal-invalid') invalid++
    },
  })
  let invalid = 0
  let longest = 0
  for (const untilMs = world.time.now() + 60_000; world.time.now() < untilMs; ) {
    longest = Math.max(longest, untilNextFinality(world, 10_000))
  }
  expect(invalid).toBeGreaterThan(50)
  // An invalid proposal is skipped when it is seen, not when its view times out.
  expect(longest).toBeLessThan(world.parameters.timeoutBaseMs)
  expectSafe(world)
})

describe('P4: timeouts grow while nothing is final, and must not be waited for afterwards', () => {
  test.each([0, 0.2])('five minutes without a quorum, %f loss', (lossRatio) => {
    const world = cluster({ nodes: 7, seed: 'P4', link: { lossRatio } }).run(5_000)
    const height = world.topHeight()
    const heal = world.partition([1, 2, 3, 4], [5, 6, 7])
    world.run(300_000)
    expect(world.topHeight()).toBeLessThanOrEqual(height + 1)
    heal()
    // The bound that matters is two maximal timeouts; what is expected is far less.
    expect(untilNextFinality(world, 2 * world.parameters.timeoutMaxMs)).toBeLessThan(3_000)
    untilLevel(world, 5_000)
    expectSafe(world)
  })

  test('whoever joins late does not wait for views that a certificate has long made final', () => {
    const nodes = [0, 1, 2, 3].map((validator) => ({ validator, startsLater: validator === 3 }))
    const world = cluster({ nodes, seed: 'P4 late' })
    const leads = (validator: number): boolean => {
      const { core } = world.node(2)
      return core?.leader(core.state.view) === validator
    }
    // Far enough for a time-out that counts from view 0 to have reached its cap; then a leader dies as its view begins.
    expect(world.runUntil(() => viewOf(world, 2) > 20 && leads(0), 60_000)).toBe(true)
    world.node(1).kill()
    world.node(4).start()
    // All three others are needed to skip that view.
    expect(untilNextFinality(world, 20_000)).toBeLessThan(4_000)
    expectSafe(world)
  })
})

describe('P5: timers that fire late or twice', () => {
  test('a timer of a view that was left does nothing', () => {
    const world = cluster({ nodes: 4, seed: 'P5' }).run(5_000)
    const { core } = world.node(1)
    const view = core?.state.view ?? 0
    for (const stale of [view - 1, view - 2, view - 40]) {
      expect(core?.step({ kind: 'timer', timer: { kind: 'view', view: stale } })).toEqual([])
      expect(core?.step({ kind: 'timer', timer: { kind: 'propose', view: stale } })).toEqual([])
    }
    const finalView = core?.state.final.view ?? 0
    expect(
      core?.step({ kind: 'timer', timer: { kind: 'standstill', finalView: finalView - 1, round: 0 } }),
    ).toEqual([])
    world.run(2_000)
    expectSafe(world)
  })

  test('every timer fires three times, the last late: the chain is the same', () => {
    const run = (repeat: boolean): Cluster => {
      const repeated = strategies['repeat-timers']
      const nodes = Array.from({ length: 4 }, (_, validator) => ({
        validator,
        byzantine: repeat ? repeated : null,
      }))
      return cluster({ nodes, seed: 'P5', link: still }).run(20_000)
    }
    const [once, thrice] = [run(false), run(true)]
    const hashes = (world: Cluster) => world.nodes[0]?.disk.chain.map(({ hash }) => hash)
    expect(once.nodes[0]?.disk.chain.length).toBeGreaterThan(100)
    expect(hashes(thrice)).toEqual(hashes(once))
  })
})

describe('P6: processes die at any moment and come back from their disks', () => {
  test.each([1, 2, 3, 4, 5])('all of them, again and again, seed %i', (seed) => {
    const random = prng(`P6/${seed}`)
    const world = cluster({ nodes: 7, seed: `P6/${seed}`, syncMs: (_node, disk) => disk.below(8) })
    for (let round = 0; round < 12; round++) {
      world.run(random.between(100, 2_000))
      for (const node of random.shuffle(world.nodes)) {
        if (random.chance(1, 2)) node.kill()
        else node.killWithin(random.between(1, 30))
      }
      world.run(random.between(0, 500))
      for (const node of world.nodes) {
        node.kill()
        node.start()
      }
    }
    expect(untilLevel(world, 10_000)).toBeLessThan(4_100)
    expectSafe(world)
  })

  test('all at once, between any two effects of a step', () => {
    const world = cluster({ nodes: 4, seed: 'P6' })
    for (let effects = 1; effects <= 60; effects++) {
      for (const node of world.nodes) node.killWithin(effects)
      world.run(400)
      world.healAll()
      untilLevel(world, 5_000)
    }
    expectSafe(world)
  })
})

describe('P7: a peer lies about its height', () => {
  test('a laggard catches up among liars, and nobody is kept busy by them', () => {
    const world = cluster({
      nodes: Array.from({ length: 7 }, (_, validator) => ({
        validator,
        byzantine: validator < 2 ? strategies['false-status'] : null,
      })),
      seed: 'P7',
    }).run(2_000)
    world.node(7).pause()
    world.run(20_000)
    world.node(7).resume()
    expect(untilLevel(world, 10_000)).toBeLessThan(3_500)
    const heal = world.partition([1, 2, 3, 4], [5, 6, 7])
    world.run(3_000)
    const before = world.network.sent
    world.run(10_000)
    const perNodeAndSecond = (world.network.sent - before) / 70
    expect(perNodeAndSecond).toBeLessThan(400)
    heal()
    untilLevel(world, 5_000)
    expectSafe(world)
  })
})

test('P8: garbage, also with signers out of range, is counted and dropped', () => {
  const world = cluster({
    nodes: Array.from({ length: 7 }, (_, validator) => ({
      validator,
      byzantine: validator < 2 ? strategies.garbage : null,
    })),
    seed: 'P8',
  }).run(20_000)
  expect([...world.monitor.rejected.keys()]).toEqual(
    expect.arrayContaining([
      'vote-voter-unknown',
      'vote-signature',
      'vote-window',
      'certificate-weight',
      'certificate-order',
    ]),
  )
  expect(world.finalHeight()).toBeGreaterThan(100)
  expectSafe(world)
})

describe('P13: every node judges a block alike', () => {
  test('double spends, gaps and transfers to oneself, handed in at different nodes in different orders', () => {
    const invalid: string[] = []
    let transactions = 0
    const world = cluster({
      nodes: 7,
      seed: 'P13',
      link: { delayMs: 30, jitterMs: 30, lossRatio: 0.05 },
      ordered: false,
      observe: (_timeMs, node, fact) => {
        if (fact.kind === 'observed' && fact.observation.kind === 'proposal-invalid') {
          invalid.push(`${node.name}: ${fact.observation.reason}`)
        }
        if (fact.kind === 'finalized') for (const { block } of fact.blocks) transactions += block.body.length
      },
    }).run(1_000)
    const random = prng('P13')
    const accounts = simulatedAccounts(3)
    const nonces = accounts.map(() => 0)
    for (let i = 0; i < 600; i++) {
      const from = random.below(3)
      const keys = accounts[from]!
      // Two transfers with one nonce, to different nodes; sometimes the nonce after it first.
      for (const spend of random.shuffle([0, 0, 1])) {
        const to = random.pick(accounts).publicKey
        const nonce = nonces[from]! + spend
        const unsigned = {
          from: keys.publicKey,
          to,
          amount: BigInt(random.below(400_000_000)),
          fee: BigInt(random.below(3)),
          nonce,
        }
        const message = transferMessage(world.epoch.chainId, unsigned)
        const bytes = encodeTransfer({
          ...unsigned,
          signature: world.signatures.sign(keys.secretKey, message),
        })
        random.pick(world.nodes).submit([bytes])
      }
      nonces[from]!++
      world.run(50)
    }
    world.run(2_000)
    expect(invalid).toEqual([])
    expect(transactions / 7).toBeGreaterThan(100)
    const roots = new Set(world.nodes.map(({ core }) => toHex(core!.state.final.position.ledger.root)))
    world.runUntil(
      () => world.nodes.every(({ core }) => core!.state.final.height === world.topHeight()),
      5_000,
    )
    expect(roots.size).toBeLessThanOrEqual(2)
    expectSafe(world)
  })
})

describe('P14: long runs of skipped views', () => {
  test('400 views without a proposal, then one block that proves them all', () => {
    const parameters = { timeoutBaseMs: 200, timeoutMaxMs: 300, standstillMs: 5_000, minViewTimeMs: 20 }
    const world = cluster({ nodes: 4, seed: 'P14', parameters }).run(1_000)
    world.node(4).kill()
    const height = world.topHeight()
    const silence = world.network.drop((_from, _to, message) => message.kind === 'proposal')
    world.run(1_000)
    const from = world.node(1).core?.state.final.view ?? 0
    // With one of four dead every skip takes all of the others.
    world.runUntil(() => viewOf(world, 1) >= from + 400, 1_000_000)
    expect(world.topHeight()).toBeLessThanOrEqual(height + 2)
    world.node(2).kill()
    world.node(2).start()
    silence()
    expect(untilNextFinality(world, 10_000)).toBeLessThan(3_000)
    const skips = world.nodes.flatMap(({ disk }) =>
      disk.chain.map(({ block }) => block.justification.skips.length),
    )
    expect(Math.max(...skips)).toBeGreaterThanOrEqual(390)
    world.node(4).start()
    untilLevel(world, 10_000)
    expectSafe(world)
  })
})
