import { prng } from '@groundwork/primitives'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cheapestFork, type Fork, forkBy, type Weighted } from '../src/coalition.ts'
import { quorum } from '../src/stake.ts'

const weightsArb = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 7 })
const indexed = (weights: readonly number[]): Weighted[] => weights.map((weight, i) => [i, weight])
const sumOf = (weights: readonly number[], members: readonly number[]): number =>
  members.reduce((sum, i) => sum + (weights[i] as number), 0)

/** Everybody is on side a, on side b, or signs twice: the least that signs twice over all ways. null: there is none. */
function bruteForce(weights: readonly number[], mustSign: readonly number[] = []): number | null {
  const total = sumOf(weights, [...weights.keys()])
  const needed = quorum(total)
  let least: number | null = null
  for (let way = 0; way < 3 ** weights.length; way++) {
    const place = weights.map((_, i) => Math.floor(way / 3 ** i) % 3)
    const at = (where: number) => place.flatMap((one, i) => (one === where ? [i] : []))
    const [twice, a, b] = [at(0), at(1), at(2)]
    const isFork =
      a.length > 0 &&
      b.length > 0 &&
      sumOf(weights, [...twice, ...a]) >= needed &&
      sumOf(weights, [...twice, ...b]) >= needed
    if (isFork && mustSign.every((i) => twice.includes(i)))
      least = Math.min(least ?? total, sumOf(weights, twice))
  }
  return least
}

/** Whatever it is, both sides have a quorum, and everybody has one place. */
function expectFork(weights: readonly number[], { sides: [a, b], signsTwice }: Fork): void {
  const total = sumOf(weights, [...weights.keys()])
  for (const side of [a, b]) {
    expect(side.length).toBeGreaterThan(0)
    expect(sumOf(weights, [...signsTwice, ...side])).toBeGreaterThanOrEqual(quorum(total))
  }
  expect([...a, ...b, ...signsTwice].sort((x, y) => x - y)).toEqual([...weights.keys()])
  expect(sumOf(weights, signsTwice)).toBeGreaterThanOrEqual(2 * quorum(total) - total)
}

describe('the cheapest fork', () => {
  test('costs what the cheapest of all ways costs', () => {
    fc.assert(
      fc.property(weightsArb, fc.nat(), (weights, seed) => {
        const fork = cheapestFork(indexed(weights), prng(seed))
        expect(fork === null ? null : sumOf(weights, fork.signsTwice)).toBe(bruteForce(weights))
        if (fork !== null) expectFork(weights, fork)
      }),
    )
  })

  test('of ten equal validators is four of them; lumps make it dearer than 2q - W', () => {
    const cost = (weights: readonly number[]) =>
      sumOf(weights, cheapestFork(indexed(weights), prng(1))?.signsTwice ?? [])
    expect(cost(Array.from({ length: 10 }, () => 10))).toBe(40)
    expect(cost([40, 12, 12, 12, 12, 12])).toBe(52)
  })
})

describe('a fork by given validators', () => {
  test('exists exactly where some split of the others gives both sides a quorum', () => {
    fc.assert(
      fc.property(weightsArb, fc.nat(), fc.nat(), (weights, seed, mask) => {
        const given = [...weights.keys()].filter((i) => (mask >> i) % 2 === 1)
        const [own, others] = [true, false].map((is) =>
          indexed(weights).filter(([i]) => given.includes(i) === is),
        )
        const fork = forkBy(own ?? [], others ?? [], prng(seed))
        expect(fork !== null).toBe(bruteForce(weights, given) === sumOf(weights, given) && given.length > 0)
        if (fork !== null) expectFork(weights, fork)
      }),
    )
  })
})
