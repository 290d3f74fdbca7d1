import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { forgetOldest } from '../src/index.ts'

const keys = fc.uniqueArray(fc.nat(), { maxLength: 40 })
const max = fc.nat(50)

test('of a map or a set the newest stay, in their order', () => {
  fc.assert(
    fc.property(keys, max, (all, most) => {
      const map = new Map(all.map((key) => [key, `${key}`]))
      const set = new Set(all)
      forgetOldest(map, most)
      forgetOldest(set, most)
      const newest = all.slice(Math.max(0, all.length - most))
      expect([...set]).toEqual(newest)
      expect([...map]).toEqual(newest.map((key) => [key, `${key}`]))
    }),
  )
})

test('what is put in anew is the newest; what is only overwritten keeps its age', () => {
  const map = new Map([
    ['a', 1],
    ['b', 1],
    ['c', 1],
  ])
  map.delete('a')
  map.set('a', 2).set('b', 2)
  forgetOldest(map, 2)
  expect([...map.keys()]).toEqual(['c', 'a'])
})
