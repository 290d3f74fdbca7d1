import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { censoredQuantile, distribution, quantile } from '../src/quantile.ts'

describe('quantile', () => {
  test('nearest rank', () => {
    expect(quantile([], 0.5)).toBeNull()
    expect(quantile([7], 0.01)).toBe(7)
    expect(quantile([3, 1, 2], 0.5)).toBe(2)
    expect(quantile([4, 3, 2, 1], 0.5)).toBe(2)
    const hundred = Array.from({ length: 100 }, (_, i) => i + 1)
    expect([0.5, 0.9, 0.99, 1].map((p) => quantile(hundred, p))).toEqual([50, 90, 99, 100])
  })

  test('at least the share p does not exceed it, and fewer would at any smaller value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 1 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const value = quantile(values, percent / 100)!
          const below = values.filter((other) => other < value).length
          const upTo = values.filter((other) => other <= value).length
          expect(100 * upTo).toBeGreaterThanOrEqual(percent * values.length)
          expect(100 * below).toBeLessThan(percent * values.length)
        },
      ),
    )
  })
})

describe('distribution of censored durations', () => {
  test('without censoring its quantiles are the exact ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { minLength: 1 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const steps = distribution(values.map((ms) => ({ ms, censored: false })))
          expect(censoredQuantile(steps, percent / 100)).toBe(quantile(values, percent / 100))
        },
      ),
    )
  })

  test('the textbook example: one of five lost from sight', () => {
    const steps = distribution([
      { ms: 1, censored: false },
      { ms: 2, censored: false },
      { ms: 3, censored: true },
      { ms: 4, censored: false },
      { ms: 5, censored: true },
    ])
    expect(steps.map(({ ms, share }) => [ms, Math.round(share * 1000) / 1000])).toEqual([
      [1, 0.2],
      [2, 0.4],
      [4, 0.7],
    ])
    expect(censoredQuantile(steps, 0.5)).toBe(4)
    expect(censoredQuantile(steps, 0.9)).toBeNull()
  })

  test('ignoring what still waits would flatter: half pending, no median', () => {
    const durations = [
      ...[10, 20, 30].map((ms) => ({ ms, censored: false })),
      ...[100, 100, 100, 100].map((ms) => ({ ms, censored: true })),
    ]
    expect(censoredQuantile(distribution(durations), 0.5)).toBeNull()
  })
})
