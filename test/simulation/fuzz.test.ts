import { expect, test } from 'vitest'
import { createTally, fuzz, type Profile } from '../../packages/simulator/src/index.ts'

/** A sample of what `node packages/simulator/src/fuzz-main.ts` does with thousands of seeds. */
function sample(profile: Profile, seeds: number) {
  const tally = createTally(profile)
  for (let seed = 1; seed <= seeds; seed++) {
    const result = fuzz(profile, seed)
    tally.add(result)
    const command = `node packages/simulator/src/fuzz-main.ts --profile ${profile} --seed ${seed}`
    expect(result.failures, command).toEqual([])
  }
  return tally.summary(1)
}

test('mixed faults, fewer than a third Byzantine: no fork, and all live after every heal', () => {
  const { forkedSeeds, blocks } = sample('mixed', 100)
  expect(forkedSeeds).toBe(0)
  expect(blocks).toBeGreaterThan(1_000)
})

test('two of seven run twice: no fork, and all live after the heal', () => {
  expect(sample('minority-twins', 15).forkedSeeds).toBe(0)
})

test('three or four of seven run twice: forks, and every one names 2q - W and no innocent', () => {
  const { forkedSeeds, leastAccused, rules } = sample('twins', 40)
  expect(forkedSeeds).toBeGreaterThan(5)
  expect(leastAccused).toBeGreaterThanOrEqual(3)
  expect(Object.keys(rules).sort()).toEqual(['S1', 'S2'])
})

test('a coalition of three or four of seven: whatever it forks names it', () => {
  sample('coalition', 15)
})
