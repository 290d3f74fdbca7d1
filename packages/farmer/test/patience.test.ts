import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createPatience } from '../src/patience.ts'

const heard = (rank: number, ...afterMs: readonly number[]): number => {
  const patience = createPatience(rank, 250)
  for (const ms of afterMs) patience.heard(ms)
  return patience.ms
}

test('the first has none, each further one as much again', () => {
  expect([0, 1, 2].map((rank) => heard(rank))).toEqual([0, 175, 350])
  expect([0, 1, 2].map((rank) => heard(rank, ...Array(100).fill(300)))).toEqual([0, 599, 1199])
})

test('it follows what is usual: a single late proof is not, many are, and it falls again', () => {
  const fast = Array(50).fill(60)
  const slow = Array(50).fill(400)
  expect(heard(1, ...fast)).toBe(175)
  expect(heard(1, ...fast, 400)).toBe(204)
  expect(heard(1, ...fast, ...slow)).toBeGreaterThan(790)
  expect(heard(1, ...slow, ...fast)).toBe(175)
})

test('whatever was heard, a timelord that is gone is missed within four slots a rank', () => {
  fc.assert(
    fc.property(fc.nat(5), fc.array(fc.double({ min: 0, max: 1e9, noNaN: true })), (rank, late) => {
      const ms = heard(rank, ...late)
      expect(ms).toBeGreaterThanOrEqual(rank * 175)
      expect(ms).toBeLessThanOrEqual(rank * 1_000)
    }),
  )
})
