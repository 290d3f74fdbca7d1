import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closure, finalityBounds, planBounds, quorumArrivals } from '../src/index.ts'
import { stake, syntheticPlan } from './synthetic.ts'

const network = fc.integer({ min: 1, max: 6 }).chain((size) =>
  fc.record({
    delays: fc
      .array(fc.array(fc.integer({ min: 0, max: 200 }), { minLength: size, maxLength: size }), {
        minLength: size,
        maxLength: size,
      })
      .map((rows) => rows.map((row, i) => row.map((delay, j) => (i === j ? 0 : delay)))),
    weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: size, maxLength: size }),
    leader: fc.integer({ min: 0, max: size - 1 }),
  }),
)

function voters(weights: readonly number[]) {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return { validators: weights.map((_, i) => i), weights, quorum: Math.floor((2 * total) / 3) + 1 }
}

/** The definition itself: over every set of validators that is a quorum, the time when the last of them is heard. */
function slowQuorumArrival(
  delays: readonly (readonly number[])[],
  weights: readonly number[],
  sent: readonly number[],
  to: number,
) {
  const { quorum } = voters(weights)
  let best = Number.POSITIVE_INFINITY
  for (let set = 1; set < 1 << weights.length; set++) {
    const members = weights.flatMap((_, i) => ((set >> i) & 1 ? [i] : []))
    if (members.reduce((sum, i) => sum + weights[i]!, 0) < quorum) continue
    best = Math.min(best, Math.max(...members.map((i) => sent[i]! + delays[i]![to]!)))
  }
  return best
}

describe('network bound', () => {
  test('two near nodes; one slow fourth: the quorum does without it', () => {
    expect(
      finalityBounds(
        [
          [0, 5],
          [5, 0],
        ],
        voters([1, 1]),
        0,
      ),
    ).toEqual([10, 15])
    const far = (i: number, j: number) => (i === j ? 0 : i === 3 || j === 3 ? 100 : 1)
    const delays = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => far(i, j)))
    expect(finalityBounds(delays, voters([1, 1, 1, 1]), 0)).toEqual([3, 3, 3, 102])
  })

  test('the example network, by hand: a leader in N_Virginia needs both of Ireland, Mumbai hears them later', () => {
    const plan = syntheticPlan()
    const { weights, quorum } = stake(plan)
    const bound = planBounds(plan, weights, quorum)
    // NOTAR votes of v1..v5 are at N_Virginia after 66, at Ireland after 33 ms; FINAL votes of both are at N_Virginia after 66 + 0 or 33 + 33.
    expect(bound('v1', 'v1')).toBe(66)
    expect(bound('v1', 'v4')).toBe(99)
    expect(bound('v1', 'v6')).toBe(159)
    expect(bound('v1', 'nobody')).toBeNull()
  })

  test('quorum arrival equals the brute force over all quorums', () => {
    fc.assert(
      fc.property(
        network,
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 6, maxLength: 6 }),
        ({ delays, weights }, times) => {
          const sent = times.slice(0, weights.length)
          const fast = quorumArrivals(delays, voters(weights), sent)
          expect(fast).toEqual(weights.map((_, to) => slowQuorumArrival(delays, weights, sent, to)))
        },
      ),
    )
  })

  test('closure: never longer than a link, keeps the triangle inequality, changes nothing twice', () => {
    fc.assert(
      fc.property(network, ({ delays }) => {
        const short = closure(delays)
        for (const [i, row] of short.entries()) {
          for (const [j, delay] of row.entries()) {
            expect(delay).toBeLessThanOrEqual(delays[i]![j]!)
            for (const k of row.keys()) expect(delay).toBeLessThanOrEqual(short[i]![k]! + short[k]![j]!)
          }
        }
        expect(closure(short)).toEqual(short)
      }),
    )
  })

  test('relaying certificates would not be faster', () => {
    fc.assert(
      fc.property(network, ({ delays, weights, leader }) => {
        const short = closure(delays)
        const notarized = quorumArrivals(short, voters(weights), short[leader]!)
        for (const i of weights.keys()) {
          for (const k of weights.keys())
            expect(notarized[i]).toBeLessThanOrEqual(notarized[k]! + short[k]![i]!)
        }
      }),
    )
  })

  test('at least the way of the proposal, and never earlier on a slower network', () => {
    fc.assert(
      fc.property(
        network,
        fc.nat(5),
        fc.nat(5),
        fc.integer({ min: 0, max: 100 }),
        ({ delays, weights, leader }, a, b, more) => {
          const [from, to] = [a % weights.length, b % weights.length]
          const before = finalityBounds(closure(delays), voters(weights), leader)
          const slower = delays.map((row, i) =>
            row.map((delay, j) => (i === from && j === to && i !== j ? delay + more : delay)),
          )
          const after = finalityBounds(closure(slower), voters(weights), leader)
          const legs = closure(delays)[leader]!
          for (const [i, bound] of before.entries()) {
            expect(bound).toBeGreaterThanOrEqual(legs[i]!)
            expect(after[i]).toBeGreaterThanOrEqual(bound)
          }
        },
      ),
    )
  })

  test('twins add no weight: a quorum needs distinct validators', () => {
    const delays = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 0 : 10)))
    const twinned = { validators: [0, 0, 1, 2], weights: [1, 1, 1], quorum: 3 }
    expect(quorumArrivals(delays, twinned, [0, 0, 0, 50])).toEqual([60, 60, 60, 50])
  })
})
