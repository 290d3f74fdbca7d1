import { expect, test } from 'vitest'
import { hybridProfiles, inclusionBoundBlocks } from '../src/index.ts'
import { turmoil } from './model/turmoil.ts'

const { demo } = hybridProfiles

// More of them: node packages/hybrid-core/test/model/turmoil-main.ts 1000
test('after any turmoil finality is back, no two forks justified, and no forced transaction was later than D', () => {
  for (let seed = 0; seed < 40; seed++) {
    const { doubles, latest, lastFinal } = turmoil(seed)
    expect({ seed, doubles, late: latest > inclusionBoundBlocks(demo), back: lastFinal < 60 }).toEqual({
      seed,
      doubles: 0,
      late: false,
      back: true,
    })
  }
})

test('without a quorum of space the same turmoil has both forks justify', () => {
  let doubles = 0
  for (let seed = 0; seed < 10; seed++)
    doubles += turmoil(seed, { ...demo, theta: { num: 0, den: 1 } }).doubles
  expect(doubles).toBeGreaterThan(0)
})

test('counter-example: with an R2 without end, turmoil of seed 13 halts for ever', () => {
  expect(turmoil(13, { ...demo, surroundWindows: 2 ** 32 }, 1500).lastFinal).toBeGreaterThan(1500)
  expect(turmoil(13).lastFinal).toBeLessThan(60)
})
