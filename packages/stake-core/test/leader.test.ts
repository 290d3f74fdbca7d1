import { expect, test } from 'vitest'
import { createEpoch, leaderSchedule, viewTimeoutMs } from '../src/index.ts'
import { parameters, testEpoch } from './cluster.ts'

test('R10: each validator leads in proportion to its weight', () => {
  const weights = [40, 25, 15, 10, 6, 3, 1]
  const { epoch } = testEpoch(weights)
  const led = new Array<number>(weights.length).fill(0)
  for (let view = 1; view <= 10_000; view++) led[leaderSchedule(epoch)(view)]!++
  for (const [i, weight] of weights.entries()) expect(Math.abs(led[i]! - weight * 100)).toBeLessThanOrEqual(2)
})

test('R10: light validators lead also where epochs are short', () => {
  const { epoch } = testEpoch(Array.from({ length: 100 }, (_, i) => Math.floor(10_000 / (i + 1))))
  const led = new Set<number>()
  for (let number = 0; number < 200; number++) {
    const schedule = leaderSchedule(createEpoch({ ...epoch, number }))
    for (let view = 1; view <= 100; view++) led.add(schedule(view))
  }
  expect(led.size).toBe(100)
})

test('R10: the schedule is a function of the epoch, whatever was asked before', () => {
  const { epoch } = testEpoch([3, 2, 2])
  const late = leaderSchedule({ ...epoch })
  expect(late(500)).toBe(leaderSchedule(epoch)(500))
  expect(late(3)).toBe(leaderSchedule(epoch)(3))
})

test('R8: time-outs grow with views since the last finalization only, up to a cap', () => {
  expect(viewTimeoutMs(parameters, 11, 10)).toBe(500)
  expect(viewTimeoutMs(parameters, 12, 10)).toBe(500)
  expect(viewTimeoutMs(parameters, 13, 10)).toBe(750)
  expect(viewTimeoutMs(parameters, 14, 10)).toBe(1_125)
  expect(viewTimeoutMs(parameters, 10_000, 10)).toBe(parameters.timeoutMaxMs)
  expect(viewTimeoutMs(parameters, 10_000, 9_999)).toBe(500)
})
