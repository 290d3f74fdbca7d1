import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type RegionDelays, regionsOf, roundTripMs } from '../src/index.ts'

const delays: RegionDelays = { a: { a: 1, b: 40, c: 100.5 }, b: { a: 30, b: 1, c: 20 }, c: { a: 100, b: 20 } }

test('a region is near within itself, and as far from others as light needs there and back', () => {
  expect(regionsOf(['a', 'b'], 15, delays)).toEqual([
    { name: 'a', maxRttUs: 15_000, minRttUs: [0, 42_000] },
    { name: 'b', maxRttUs: 15_000, minRttUs: [42_000, 0] },
  ])
  // Fractions are cut: a bound is never more than light needs.
  expect(regionsOf(['a', 'c'], 0.5, delays)[1]).toEqual({
    name: 'c',
    maxRttUs: 500,
    minRttUs: [120_300, 0],
  })
})

test('an unknown pair bounds nothing, and nothing is so near that nobody can be', () => {
  expect(regionsOf(['a', 'x'], 0, delays)).toEqual([
    { name: 'a', maxRttUs: 1, minRttUs: [0, 0] },
    { name: 'x', maxRttUs: 1, minRttUs: [0, 0] },
  ])
})

test('bounds are whole, symmetric, and below every honest round trip', () => {
  const ms = fc.double({ min: 0, max: 500, noNaN: true })
  fc.assert(
    fc.property(ms, ms, ms, (there, back, near) => {
      const both = { a: { b: there }, b: { a: back } }
      const [a, b] = regionsOf(['a', 'b'], near, both)
      expect(a?.minRttUs[1]).toBe(b?.minRttUs[0])
      expect(Number.isSafeInteger(a?.minRttUs[1])).toBe(true)
      expect(Number.isSafeInteger(a?.maxRttUs)).toBe(true)
      expect(a?.minRttUs[1]).toBeLessThanOrEqual(1000 * roundTripMs(both, 'a', 'b'))
    }),
  )
})
