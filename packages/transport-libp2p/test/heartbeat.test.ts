import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Beat } from '../src/frame.ts'
import { heartbeat } from '../src/heartbeat.ts'
import { roundTripWindow, windowSamples } from '../src/round-trips.ts'

const u32 = fc.nat(0xffff_ffff)

describe('heartbeats', () => {
  test('measure the way there and back, however long the other side waits and whatever its clock says', () => {
    const delays = fc.integer({ min: 0, max: 300 })
    fc.assert(
      fc.property(
        delays,
        delays,
        fc.nat(1_000_000),
        fc.integer({ min: 50, max: 700 }),
        (to, fro, skew, every) => {
          let nowMs = 0
          const near = heartbeat(() => nowMs)
          const far = heartbeat(() => nowMs + skew)
          const events: { atMs: number; run: () => void }[] = []
          const measured: number[] = []
          for (let i = 0; i < 20; i++) {
            events.push({
              atMs: i * 250,
              run() {
                const beat = near.next()
                events.push({ atMs: nowMs + to, run: () => far.heard(beat) })
              },
            })
            events.push({
              atMs: i * every + 13,
              run() {
                const beat = far.next()
                const take = () => {
                  const ms = near.heard(beat)
                  if (ms !== undefined) measured.push(ms as number)
                }
                events.push({ atMs: nowMs + fro, run: take })
              },
            })
          }
          while (events.length > 0) {
            events.sort((a, b) => a.atMs - b.atMs)
            const event = events.shift()!
            nowMs = event.atMs
            event.run()
          }
          expect(measured.length).toBeGreaterThan(0)
          for (const ms of measured) expect(Math.abs(ms - to - fro)).toBeLessThan(0.01)
        },
      ),
    )
  })

  test('an answer counts once', () => {
    const beats = heartbeat(() => 0)
    beats.next()
    expect(beats.heard({ sequence: 1, echo: 1, heldMicros: 0 })).toBe(0)
    expect(beats.heard({ sequence: 2, echo: 1, heldMicros: 0 })).toBeUndefined()
  })

  test('a peer that was asleep, as far as its clock knows, or never heard anything, says nothing false', () => {
    let nowMs = 0
    const beats = heartbeat(() => nowMs)
    beats.next()
    expect(beats.heard({ sequence: 1, echo: 0, heldMicros: 0 })).toBeUndefined()
    nowMs = 100
    expect(beats.heard({ sequence: 2, echo: 1, heldMicros: 102_000 })).toBe(0)
  })

  test.each([
    ['answers what was never sent', { sequence: 1, echo: 2, heldMicros: 0 }],
    ['held for longer than there was', { sequence: 1, echo: 1, heldMicros: 106_000 }],
    ['held for as long as can be said', { sequence: 1, echo: 1, heldMicros: 0xffff_ffff }],
  ])('one that %s is implausible', (_what, beat) => {
    let nowMs = 0
    const beats = heartbeat(() => nowMs)
    beats.next()
    nowMs = 100
    expect(beats.heard(beat)).toBe('implausible')
  })

  test('of a liar give no more than the time that passed, and do not blind us for the truth', () => {
    const lies = fc.array(
      fc.record<Beat>({ sequence: u32, echo: fc.oneof(u32, fc.nat(40)), heldMicros: u32 }),
    )
    fc.assert(
      fc.property(lies, (beats) => {
        let nowMs = 0
        const near = heartbeat(() => nowMs)
        for (const beat of beats) {
          near.next()
          nowMs += 10
          const ms = near.heard(beat)
          if (typeof ms === 'number') expect(ms >= 0 && ms <= nowMs).toBe(true)
        }
        const { sequence } = near.next()
        nowMs += 30
        expect(near.heard({ sequence: 1, echo: sequence, heldMicros: 10_000 })).toBeCloseTo(20)
      }),
    )
  })

  test('that nobody answers are forgotten', () => {
    const beats = heartbeat(() => 0)
    for (let i = 0; i < 1_000; i++) beats.next()
    expect(beats.heard({ sequence: 1, echo: 744, heldMicros: 0 })).toBeUndefined()
    expect(beats.heard({ sequence: 2, echo: 745, heldMicros: 0 })).toBe(0)
  })
})

describe('the window of round trips', () => {
  test('gives quantiles by nearest rank, then begins anew', () => {
    const window = roundTripWindow()
    expect(window.take()).toBeUndefined()
    for (const ms of [5, 3, 9, 4]) window.add(ms)
    expect(window.take()).toEqual({ samples: 4, minMs: 3, medianMs: 4, p95Ms: 9 })
    expect(window.take()).toBeUndefined()
    window.add(7)
    expect(window.take()).toEqual({ samples: 1, minMs: 7, medianMs: 7, p95Ms: 7 })
  })

  test('keeps the newest only', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000), { minLength: 1, maxLength: 300 }), (all) => {
        const window = roundTripWindow()
        for (const ms of all) window.add(ms)
        const newest = all.slice(-windowSamples).sort((a, b) => a - b)
        expect(window.take()).toEqual({
          samples: newest.length,
          minMs: newest[0],
          medianMs: newest[Math.ceil(newest.length / 2) - 1],
          p95Ms: newest[Math.ceil(newest.length * 0.95) - 1],
        })
      }),
    )
  })
})
