import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { latenessBoundsMs, latenessQuantileMs } from '../src/router/interpreter.ts'
import { counterMemory, counters } from '../src/router/packets/counters.ts'
import { packetRing, ringMemory } from '../src/router/packets/packet-ring.ts'
import { packetStore } from '../src/router/packets/packet-store.ts'
import { isSaturated, missedIn, sample } from '../src/router/packets/saturation.ts'

describe('ring', () => {
  test('gives out what was put in, in order, however both take turns', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean()), (steps) => {
        const memory = ringMemory(4, 64)
        // Each thread has a view of its own.
        const [writer, reader] = [packetRing(memory), packetRing(memory)]
        const inside: number[] = []
        for (const [i, put] of steps.entries()) {
          if (put && inside.length < 4) {
            writer.put((place) => {
              place.fill(i, 0, 1 + (i % 60))
              return { bytes: 1 + (i % 60), atMs: i }
            })
            inside.push(i)
          } else if (!put) {
            const next = reader.first()
            const expected = inside.shift()
            expect(next?.atMs).toBe(expected)
            if (next === null || expected === undefined) continue
            expect([...next.packet]).toEqual(
              Array.from({ length: 1 + (expected % 60) }, () => expected % 256),
            )
            reader.taken()
          }
        }
      }),
    )
  })

  test('a reader that has missed nothing sleeps for the given time, one that has is not put to sleep', () => {
    const ring = packetRing(ringMemory(4, 64))
    const seen = ring.seen()
    const startMs = performance.now()
    ring.sleep(seen, 20)
    expect(performance.now() - startMs).toBeGreaterThan(19)
    ring.nudge()
    ring.sleep(seen, 60_000)
  })
})

test('the store: copies stay as they were until they are freed, and no more fit in than said', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(64), fc.constant('free' as const)), { maxLength: 700 }), (steps) => {
      const store = packetStore(64, 256)
      const held: { stored: ReturnType<typeof store.put> & object; value: number; bytes: number }[] = []
      for (const [i, step] of steps.entries()) {
        if (step === 'free') {
          const at = i % Math.max(1, held.length)
          const [freed] = held.splice(at, 1)
          if (freed === undefined) continue
          expect([...freed.stored.bytes]).toEqual(Array.from({ length: freed.bytes }, () => freed.value))
          store.free(freed.stored)
        } else {
          const stored = store.put(new Uint8Array(step).fill(i))
          expect(stored === null).toBe(held.length === 256)
          if (stored !== null) held.push({ stored, value: i % 256, bytes: step })
        }
      }
    }),
    { numRuns: 30 },
  )
  expect(packetStore(64, 256).put(new Uint8Array(65))).toBe(null)
})

describe('counters', () => {
  test('lateness: the quantile is the bound that it does not exceed, between two snapshots', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 5_000, noNaN: true }), { minLength: 1 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (lateMs, share) => {
          const counted = counters(counterMemory(0))
          for (let i = 0; i < 10; i++) counted.left(1)
          const before = counted.read().lateness
          for (const ms of lateMs) counted.left(ms)
          const now = counted.read().lateness
          const exact = [...lateMs].sort((x, y) => x - y)[Math.ceil(share * lateMs.length) - 1] as number
          const told = latenessQuantileMs(now, share, before)
          expect(told).toBeGreaterThanOrEqual(exact)
          expect(told).toBeLessThanOrEqual(Math.max(0.05, 1.5 * exact, exact > 3000 ? now.maxMs : 0))
          expect(latenessQuantileMs(now, 0.5, now)).toBe(0)
        },
      ),
    )
    expect(latenessBoundsMs.at(-1)).toBeCloseTo(3277, 0)
  })

  test('a second is saturated by packets lost to an overload, or by more than one in twenty 3 ms late', () => {
    const counted = counters(counterMemory(0))
    const take = (missed = 0) => sample(counted.read(), missed)
    const leave = (count: number, lateMs: number): void => {
      for (let i = 0; i < count; i++) counted.left(lateMs)
    }
    let before = take()
    leave(1000, 2)
    leave(40, 10)
    expect(isSaturated(before, take())).toBe(false)
    leave(30, 10)
    expect(isSaturated(before, take())).toBe(true)
    before = take()
    // Among few, a handful says nothing.
    leave(4, 10)
    expect(isSaturated(before, take())).toBe(false)
    expect(isSaturated(before, take(1))).toBe(true)
    counted.drop(null, 'overload')
    expect(isSaturated(before, take())).toBe(true)
  })

  test('what the device had no room for is read where the kernel tells it', () => {
    const text = [
      'Inter-|   Receive                                                |  Transmit',
      ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls',
      '    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0',
      '  nem0:    1234      56    0    7    0     0          0         0     9876      54    0   32    0     0',
      '  eth0:    1234      56    0    7    0     0          0         0     9876      54    0    5    0     0',
    ].join('\n')
    expect(missedIn(text, ['nem0'])).toBe(32)
    expect(missedIn(text, ['nem0', 'eth0'])).toBe(37)
    expect(missedIn(text, ['nem1'])).toBe(0)
  })
})
