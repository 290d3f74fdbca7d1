import { describe, expect, test } from 'vitest'
import { type Cluster, cluster } from '../../packages/simulator/src/index.ts'
import { expectSafe, untilLevel, untilNextFinality } from './script.ts'

/** Shapes of partition, loss and delay with the recovery that the protocol should show: a plausibility check. */

type Shape = (world: Cluster) => void

const ring: Shape = (world) => {
  for (let i = 1; i <= 7; i++) {
    const left = i === 1 ? 7 : i - 1
    const right = i === 7 ? 1 : i + 1
    const far = [1, 2, 3, 4, 5, 6, 7].filter((node) => node !== i && node !== left && node !== right)
    world.oneWay([i], far)
  }
}

const shapes: readonly (readonly [string, Shape])[] = [
  ['halves', (world) => void world.partition([1, 2, 3, 4], [5, 6, 7])],
  ['a minority of two is cut off', (world) => void world.partition([1, 2, 3, 4, 5], [6, 7])],
  ['three sides', (world) => void world.partition([1, 2, 3], [4, 5], [6, 7])],
  ['a bridge: one node reaches both halves', (world) => void world.partition([1, 2, 3], [5, 6, 7])],
  ['a ring: each reaches its neighbours only', ring],
  ['one way: a half hears nothing of the other', (world) => void world.oneWay([1, 2, 3, 4], [5, 6, 7])],
  [
    'one way: everybody but two is deaf',
    (world) => void world.oneWay([1, 2, 3, 4, 5, 6, 7], [3, 4, 5, 6, 7]),
  ],
  ['everybody alone', (world) => void world.partition([1], [2], [3], [4], [5], [6], [7])],
]

describe.each([0, 0.2])('with %f loss', (lossRatio) => {
  test.each(shapes)('%s', (_name, shape) => {
    for (const seed of [1, 2, 3]) {
      const link = { delayMs: 5 + 40 * seed, jitterMs: 5, lossRatio }
      const world = cluster({ nodes: 7, seed: `shape/${seed}`, link }).run(4_000)
      shape(world)
      world.run(20_000)
      world.links.heal()
      expect(untilNextFinality(world, 20_000)).toBeLessThan(3_000)
      expect(untilLevel(world, 20_000)).toBeLessThan(6_000)
      expectSafe(world)
    }
  })
})

/** The longest time without a new block on any node, over a minute. */
function longestGap(lossRatio: number, seed: number): number {
  const world = cluster({
    nodes: 7,
    seed: `loss/${seed}`,
    link: { delayMs: 60, jitterMs: 50, lossRatio },
  }).run(2_000)
  let longest = 0
  for (const untilMs = world.time.now() + 60_000; world.time.now() < untilMs; ) {
    longest = Math.max(longest, untilNextFinality(world, 30_000))
  }
  expectSafe(world)
  return longest
}

test.each([
  { lossRatio: 0, boundMs: 1_000 },
  { lossRatio: 0.05, boundMs: 2_000 },
  { lossRatio: 0.2, boundMs: 4_000 },
  { lossRatio: 0.4, boundMs: 9_000 },
])('$lossRatio loss: something becomes final every $boundMs ms', ({ lossRatio, boundMs }) => {
  for (const seed of [1, 2]) expect(longestGap(lossRatio, seed)).toBeLessThan(boundMs)
})

test.each([4, 7, 10])(
  '%i nodes without faults: three message delays to finality, and nothing is skipped',
  (nodes) => {
    const proposedAt = new Map<number, number>()
    const finalAfterMs: number[] = []
    const world = cluster({
      nodes,
      seed: 'calm',
      link: { delayMs: 60, jitterMs: 0 },
      observe: (timeMs, _node, fact) => {
        if (fact.kind === 'observed' && fact.observation.kind === 'proposed')
          proposedAt.set(fact.observation.view, timeMs)
        if (fact.kind !== 'finalized') return
        for (const { block } of fact.blocks)
          finalAfterMs.push(timeMs - (proposedAt.get(block.header.view) ?? Number.NaN))
      },
    }).run(30_000)
    const sorted = finalAfterMs.sort((a, b) => a - b)
    expect(sorted[0]).toBeCloseTo(180, 5)
    expect(sorted[Math.floor(sorted.length / 2)]).toBeCloseTo(180, 5)
    const skips =
      world.nodes[0]?.disk.chain.slice(2).map(({ block }) => block.justification.skips.length) ?? []
    expect(Math.max(...skips)).toBe(0)
    expectSafe(world)
  },
)
