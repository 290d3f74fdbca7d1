import { prng } from '@groundwork/primitives'
import { expect, test } from 'vitest'
import { scheduler } from '../src/timing/scheduler.ts'

test('things run in the order of their times, never early, also when they schedule others', async () => {
  const clock = scheduler()
  const random = prng('scheduler.test')
  const startMs = clock.now()
  const ran: { readonly dueMs: number; readonly order: number; readonly atMs: number }[] = []
  await new Promise<void>((resolve) => {
    let left = 600
    const add = (order: number, again: boolean): void => {
      // Few enough different times that some fall together.
      const dueMs = (again ? clock.now() : startMs) + random.below(200) / 2
      clock.at(dueMs, () => {
        ran.push({ dueMs, order, atMs: clock.now() })
        if (again) add(order, false)
        if (--left === 0) resolve()
      })
    }
    for (let i = 0; i < 600; i++) add(i, i % 3 === 0 && i < 300)
    left += 100
  })
  for (const { dueMs, atMs } of ran) expect(atMs).toBeGreaterThan(dueMs - 0.06)
  for (const [i, next] of ran.entries()) {
    const last = ran[i - 1]
    if (last === undefined || next.dueMs >= last.dueMs) continue
    // Out of order only if it was scheduled when its time had passed.
    expect(last.atMs).toBeGreaterThanOrEqual(next.dueMs)
  }
  const { count, p50Ms, maxMs } = clock.lateness()
  expect(count).toBe(700)
  expect(maxMs).toBeGreaterThanOrEqual(p50Ms)
  expect(clock.lateness().count).toBe(0)
})

test('things of one time run in the order in which they were scheduled', async () => {
  const clock = scheduler()
  const dueMs = clock.now() + 5
  const ran: number[] = []
  await new Promise<void>((resolve) => {
    for (let i = 0; i < 50; i++) clock.at(dueMs, () => ran.push(i))
    clock.at(dueMs, resolve)
  })
  expect(ran).toEqual(Array.from({ length: 50 }, (_, i) => i))
})

test('an earlier time set later is kept, and rings to the fraction of a millisecond', async () => {
  const clock = scheduler()
  const lateMs: number[] = []
  for (let i = 0; i < 50; i++) {
    const dueMs = clock.now() + 3.3
    clock.at(dueMs + 10_000, () => {})
    await new Promise<void>((resolve) => clock.at(dueMs, resolve))
    lateMs.push(clock.now() - dueMs)
  }
  expect(Math.min(...lateMs)).toBeGreaterThan(-0.06)
  // setTimeout would be 0.5 ms late on average.
  expect(lateMs.sort((a, b) => a - b)[10]).toBeLessThan(0.3)
})
