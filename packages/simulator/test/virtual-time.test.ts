import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { virtualTime } from '../src/virtual-time.ts'

test('what is due first happens first, ties in the order of scheduling', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 200 }), (times) => {
      const time = virtualTime()
      const happened: number[] = []
      for (const [i, atMs] of times.entries()) time.at(atMs, () => happened.push(i))
      time.run(100)
      const expected = [...times.keys()].sort((a, b) => (times[a] as number) - (times[b] as number) || a - b)
      expect(happened).toEqual(expected)
      expect(time.now()).toBe(100)
    }),
  )
})

test('what is scheduled for the past happens next, and a run stops where it is told to', () => {
  const time = virtualTime()
  const happened: string[] = []
  time.at(10, () => {
    happened.push('a')
    time.at(3, () => happened.push('b'))
    time.schedule(5, () => happened.push('c'))
  })
  time.run(100, () => happened.length === 2)
  expect(happened).toEqual(['a', 'b'])
  expect(time.now()).toBe(10)
  time.run(15)
  expect(happened).toEqual(['a', 'b', 'c'])
})
