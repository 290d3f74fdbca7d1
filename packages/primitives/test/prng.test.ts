import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Prng, prng } from '../src/index.ts'

const draw = (from: Prng, count = 8): number[] => Array.from({ length: count }, () => from.u32())

test('streams are pinned: a seed names a run for good', () => {
  expect(draw(prng(1), 4)).toEqual([4139468426, 491787923, 274184722, 4209376141])
  expect(draw(prng('seed').split('network').split('0-1'), 4)).toEqual([
    1776330800, 4078919090, 3174673292, 822949302,
  ])
  expect(prng(42).shuffle([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toEqual([2, 5, 1, 7, 9, 8, 6, 3, 0, 4])
})

describe('splitting', () => {
  test('does not depend on what was drawn, nor change it', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(20), (seed, label, drawn) => {
        const untouched = prng(seed)
        const used = prng(seed)
        draw(used, drawn)
        expect(draw(used.split(label))).toEqual(draw(untouched.split(label)))
        expect(draw(used)).toEqual(draw(untouched, drawn + 8).slice(drawn))
      }),
    )
  })

  test('gives a stream of its own for every path of labels, however it is spelt', () => {
    const streams = [
      prng('a'),
      prng('b'),
      prng('a').split('b'),
      prng('b').split('a'),
      prng('a/b'),
      prng('a').split('a'),
      prng('a').split(''),
      prng('a').split('').split(''),
      prng('a').split('b/c'),
      prng('a').split('b').split('c'),
      prng('ab'),
      prng('a').split('\u0162'),
    ].map((generator) => draw(generator).join())
    expect(new Set(streams).size).toBe(streams.length)
  })

  test('streams of neighbouring seeds and labels agree in half of their bits', () => {
    const root = prng('neighbours')
    const streams = [...Array(32).keys()].flatMap((i) => [draw(prng(i), 32), draw(root.split(`${i}`), 32)])
    for (let i = 1; i < streams.length; i++) {
      const equalBits = streams[i]!.reduce((sum, word, k) => sum + 32 - bits(word ^ streams[i - 1]![k]!), 0)
      expect(Math.abs(equalBits - 512)).toBeLessThan(6 * 16)
    }
  })
})

function bits(word: number): number {
  let count = 0
  for (let rest = word >>> 0; rest !== 0; rest = Math.floor(rest / 2)) count += rest % 2
  return count
}

describe('draws', () => {
  test('stay in their range', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 2 ** 32 }),
        fc.integer(),
        fc.nat(1000),
        (seed, bound, min, span) => {
          const generator = prng(seed)
          for (let i = 0; i < 20; i++) {
            const value = generator.below(bound)
            expect(Number.isInteger(value) && value >= 0 && value < bound).toBe(true)
            const between = generator.between(min, min + span)
            expect(between >= min && between <= min + span).toBe(true)
          }
        },
      ),
    )
  })

  test('are uniform, also where a modulo would be biased', () => {
    const generator = prng('uniform')
    // Just above two thirds of 2^32: by modulo, the lower half would come up twice as often as the upper.
    const bound = 0xb000_0000
    let low = 0
    for (let i = 0; i < 20_000; i++) if (generator.below(bound) < bound / 2) low++
    expect(Math.abs(low - 10_000)).toBeLessThan(6 * 71)
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < 70_000; i++) counts[generator.below(7)]!++
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(6 * 93)
  })

  test('chance is never at 0, always at 1, and half the time at 1/2', () => {
    const generator = prng('chance')
    let heads = 0
    for (let i = 0; i < 10_000; i++) {
      expect(generator.chance(0, 5)).toBe(false)
      expect(generator.chance(5, 5)).toBe(true)
      if (generator.chance(1, 2)) heads++
    }
    expect(Math.abs(heads - 5000)).toBeLessThan(6 * 50)
  })

  test('a shuffle keeps every item once and leaves its input alone', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat(9)), (seed, items) => {
        const before = [...items]
        const shuffled = prng(seed).shuffle(items)
        expect(items).toEqual(before)
        expect(shuffled.toSorted()).toEqual(before.toSorted())
      }),
    )
  })

  test('from nothing is a programmer’s error', () => {
    expect(() => prng(0).pick([])).toThrow('bad bound: 0')
    expect(() => prng(0).below(2 ** 32 + 1)).toThrow('bad bound')
    expect(() => prng(0).between(2, 1)).toThrow('bad bound')
  })
})
