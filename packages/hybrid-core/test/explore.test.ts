import { describe, expect, test } from 'vitest'
import { explore, smallest } from './model/explore.ts'

// Longer ones: node packages/hybrid-core/test/model/explore-main.ts 24
describe('every fork of the physical chain up to 19 blocks, all stake coerced', () => {
  test('I9: with a quorum of 2/3, no two forks justify targets of their own while less than 1/3 straddles', () => {
    const found = explore({
      parameters: smallest,
      validators: [4, 4, 4, 4],
      farmers: [1, 1, 1],
      depth: 19,
      extras: 0,
    })
    expect(found).toMatchObject({ doubleJustified: 0, doubleExited: 0, example: null })
    expect(found.justifying).toBeGreaterThan(100)
    expect(found.states).toBeGreaterThan(8000)
  })

  test('nor with unequal weights, bans, slashes and deposits on single forks', () => {
    const found = explore({
      parameters: smallest,
      validators: [8, 4, 2],
      farmers: [2, 2, 1],
      depth: 19,
      extras: 1,
    })
    expect(found).toMatchObject({ doubleJustified: 0, doubleExited: 0, example: null })
    expect(found.justifying).toBeGreaterThan(1000)
  })

  test('without a quorum of space two forks justify and exit, with nobody on both', () => {
    const found = explore({
      parameters: { ...smallest, theta: { num: 0, den: 1 } },
      validators: [4, 4, 4],
      farmers: [1, 1, 1],
      depth: 19,
      extras: 0,
    })
    expect(found.doubleJustified).toBeGreaterThan(0)
    expect(found.doubleExited).toBeGreaterThan(0)
    expect(found.example).toContain('fork after')
  })

  test('the bound is sharp: where a third may straddle, both forks justify', () => {
    const found = explore({
      parameters: smallest,
      validators: [4, 4],
      // The middle one votes on both: 3/7 of the space, and each other two complete five sevenths.
      farmers: [2, 3, 2],
      depth: 19,
      extras: 0,
    })
    expect(found.doubleJustified).toBe(0)
    expect(found.sharp).toBeGreaterThan(0)
  })
})

test('votes of the common past can let both forks leave RECORDED, with one and the same set', () => {
  const found = explore({
    parameters: smallest,
    validators: [4, 4, 4],
    farmers: [1, 1, 1],
    depth: 19,
    extras: 0,
  })
  expect(found.twinExits).toBeGreaterThan(0)
  expect(found.twinSets).toBe(0)
})
