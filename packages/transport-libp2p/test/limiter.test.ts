import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limiter } from '../src/limiter.ts'
import { defaultLimits } from '../src/limits.ts'

const limits = { ...defaultLimits, framesPerSecond: 100, bytesPerSecond: 10_000 }

describe('the rate limit', () => {
  test('never admits more than a burst and the rate, and always admits what keeps to the rate', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ afterMs: fc.nat(50), bytes: fc.nat(500) }), { maxLength: 500 }),
        (frames) => {
          const peer = limiter(limits)
          let nowMs = 0
          let count = 0
          let volume = 0
          for (const { afterMs, bytes } of frames) {
            nowMs += afterMs
            if (!peer.admit(bytes, nowMs)) continue
            count++
            volume += bytes
            expect(count).toBeLessThanOrEqual(200 + (100 * nowMs) / 1_000 + 1e-6)
            expect(volume).toBeLessThanOrEqual(20_000 + (10_000 * nowMs) / 1_000 + 1e-6)
          }
        },
      ),
    )
    const steady = limiter(limits)
    for (let nowMs = 0; nowMs < 60_000; nowMs += 10) expect(steady.admit(100, nowMs)).toBe(true)
  })

  test('refuses what comes after the burst', () => {
    const peer = limiter(limits)
    const admitted = Array.from({ length: 1_000 }, () => peer.admit(1, 5)).filter(Boolean)
    expect(admitted.length).toBe(200)
  })
})

describe('strikes', () => {
  const strikeOut = (peer: ReturnType<typeof limiter>, nowMs: number): number => {
    let strikes = 1
    while (!peer.strike(nowMs)) strikes++
    return strikes
  }

  test('close the connection at the twentieth, for a pause that doubles up to a bound', () => {
    const peer = limiter(defaultLimits)
    expect(peer.bannedUntilMs()).toBe(Number.NEGATIVE_INFINITY)
    const pauses: number[] = []
    let nowMs = 1_000
    for (let ban = 0; ban < 8; ban++) {
      expect(strikeOut(peer, nowMs)).toBe(20)
      pauses.push(peer.bannedUntilMs() - nowMs)
      nowMs = peer.bannedUntilMs()
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    expect(strikeOut(peer, nowMs + 600_001)).toBe(20)
    expect(peer.bannedUntilMs() - nowMs).toBe(601_001)
  })

  test('are forgiven, one in ten seconds', () => {
    const peer = limiter(defaultLimits)
    for (let i = 0; i < 200; i++) expect(peer.strike(i * 10_000)).toBe(false)
    const hasty = limiter(defaultLimits)
    const struck = Array.from({ length: 60 }, (_, i) => hasty.strike(i * 5_000))
    expect(struck.indexOf(true)).toBe(37)
  })
})
