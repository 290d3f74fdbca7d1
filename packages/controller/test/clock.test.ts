import type { TraceRecord } from '@groundwork/trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { clockShift, sampleClock, shiftedRecords } from '../src/runtime/clock.ts'
import { monotonicMs } from '../src/schedule.ts'

test('one clock has no shift; another is met to half a round trip', () => {
  const sample = fc.record({
    at: fc.double({ min: 0, max: 1e6, noNaN: true }),
    there: fc.double({ min: 0, max: 50, noNaN: true }),
    back: fc.double({ min: 0, max: 50, noNaN: true }),
  })
  const shift = fc.oneof(fc.constant(0), fc.double({ min: 200, max: 1e9, noNaN: true }))
  fc.assert(
    fc.property(
      fc.array(sample, { minLength: 1, maxLength: 8 }),
      shift,
      fc.boolean(),
      (trips, size, behind) => {
        const shiftMs = behind ? -size : size
        const samples = trips.map(({ at, there, back }) => ({
          beforeMs: at,
          theirsMs: at + there + shiftMs,
          afterMs: at + there + back,
        }))
        const widest = Math.min(...trips.map(({ there, back }) => there + back))
        const found = clockShift(samples)
        if (size === 0) expect(found).toBe(0)
        else expect(Math.abs(found - shiftMs)).toBeLessThanOrEqual(widest / 2 + 1e-3)
      },
    ),
  )
})

test('reading our own clock finds no shift, readings that fail count for nothing', async () => {
  let reads = 0
  const samples = await sampleClock(async () => (reads++ === 0 ? null : monotonicMs()), 4)
  expect(samples).toHaveLength(3)
  expect(clockShift(samples)).toBe(0)
  expect(clockShift([])).toBe(0)
})

test('records wait for the shift, in order', () => {
  const told: TraceRecord[] = []
  const entry = (monoMs: number): TraceRecord => ({
    v: 1,
    node: 'controller',
    monoMs,
    wallMs: 5,
    kind: 'network-ready',
  })
  const records = shiftedRecords((record) => void told.push(record))
  records.record(entry(1))
  records.record(entry(2))
  expect(told).toEqual([])
  records.setShift(100)
  records.record(entry(3))
  records.setShift(0)
  expect(told.map(({ monoMs, wallMs }) => [monoMs, wallMs])).toEqual([
    [101, 5],
    [102, 5],
    [103, 5],
  ])
})
