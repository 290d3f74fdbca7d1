import { prng } from '@groundwork/primitives'
import { type Delivery, type Link, linkState, openLink, queueBytes, sampleLink } from '@groundwork/wan'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const random = prng('link-model.test')
const count = 20_000

/** `count` messages, one every `everyMs`. */
function sample(set: Partial<Link>, { everyMs = 1000, bytes = 100, seed = 'a' } = {}): Delivery[][] {
  const link = { ...openLink, ...set }
  const state = linkState()
  const stream = random.split(seed)
  return Array.from({ length: count }, (_, i) =>
    sampleLink(link, { bytes, nowMs: i * everyMs }, stream, state),
  )
}

/** Within five standard deviations of a binomial share; exact for 0 and 1. */
function expectShare(share: number, ratio: number, of: number): void {
  expect(Math.abs(share - ratio)).toBeLessThanOrEqual(5 * Math.sqrt((ratio * (1 - ratio)) / of))
}

const first = (deliveries: readonly Delivery[]): Delivery => deliveries[0] as Delivery

test('an open link delivers at once, once, unharmed', () => {
  for (const deliveries of sample({})) expect(deliveries).toEqual([{ afterMs: 0, corrupt: false }])
})

test.each(['blackhole', 'reset'] as const)('a %s delivers nothing', (cut) => {
  expect(sample({ cut, duplicateRatio: 1 }).flat()).toEqual([])
})

test('the delay is exact without jitter', () => {
  for (const deliveries of sample({ delayMs: 40 }))
    expect(deliveries).toEqual([{ afterMs: 40, corrupt: false }])
})

test('jitter is uniform around the delay and never takes a message into the past', () => {
  const delays = sample({ delayMs: 40, jitterMs: 10 }).map((deliveries) => first(deliveries).afterMs)
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(30)
  expect(Math.max(...delays)).toBeLessThan(50)
  for (let ms = 30; ms < 50; ms += 2) {
    expectShare(delays.filter((delay) => delay >= ms && delay < ms + 2).length / count, 0.1, count)
  }
  const short = sample({ delayMs: 5, jitterMs: 10 }).map((deliveries) => first(deliveries).afterMs)
  expectShare(short.filter((delay) => delay === 0).length / count, 0.25, count)
})

describe('ratios are met', () => {
  test.each([0, 0.01, 0.3, 1])('loss %f', (lossRatio) => {
    const lost = sample({ lossRatio }).filter((deliveries) => deliveries.length === 0).length
    expectShare(lost / count, lossRatio, count)
  })

  test('duplicates, and they come no earlier than the first', () => {
    const all = sample({ duplicateRatio: 0.2, delayMs: 10, jitterMs: 5 })
    const copied = all.filter((deliveries) => deliveries.length === 2)
    expectShare(copied.length / count, 0.2, count)
    for (const [original, copy] of copied)
      expect(copy?.afterMs).toBeGreaterThanOrEqual(original?.afterMs as number)
  })

  test('corruption', () => {
    expectShare(
      sample({ corruptRatio: 0.05 })
        .flat()
        .filter(({ corrupt }) => corrupt).length / count,
      0.05,
      count,
    )
  })

  test('reordering: only messages that were held back are overtaken', () => {
    const everyMs = 5
    const ordered = sample({ delayMs: 40, jitterMs: 30 }, { everyMs })
    const reordered = sample({ delayMs: 40, reorderRatio: 0.1 }, { everyMs })
    const overtaken = (all: Delivery[][]): number => {
      const arrivals = all.map((deliveries, i) => i * everyMs + first(deliveries).afterMs)
      let earliestLater = Number.POSITIVE_INFINITY
      let found = 0
      for (const arrival of arrivals.reverse()) {
        if (arrival > earliestLater) found++
        earliestLater = Math.min(earliestLater, arrival)
      }
      return found
    }
    expect(overtaken(ordered)).toBe(0)
    // Held back by less than 5 of at most 40 ms, a message is still in front of the next.
    expectShare(overtaken(reordered) / count, 0.1 * (1 - everyMs / 40), count)
  })
})

test('the rate queues messages one after the other, and an idle link is free again', () => {
  const link = { ...openLink, rateMbit: 1, delayMs: 10 }
  const state = linkState()
  const after = (nowMs: number): number =>
    first(sampleLink(link, { bytes: 1250, nowMs }, random, state)).afterMs
  expect([after(0), after(0), after(5)]).toEqual([20, 30, 35])
  expect(after(1000)).toBe(20)
})

test('whatever the link: in order, never into the past, at least the smallest delay, at most the rate', () => {
  const ratio = fc.double({ min: 0, max: 1, noNaN: true })
  const links = fc.record({
    delayMs: fc.nat(200),
    jitterMs: fc.nat(300),
    rateMbit: fc.constantFrom(0, 0.1, 1, 100),
    lossRatio: ratio,
    duplicateRatio: ratio,
    corruptRatio: ratio,
  })
  const messages = fc.array(fc.record({ waitMs: fc.nat(50), bytes: fc.nat(5000) }), { maxLength: 50 })
  fc.assert(
    fc.property(links, messages, fc.integer(), (set, sent, seed) => {
      const link = { ...openLink, ...set }
      const state = linkState()
      const stream = prng(seed)
      let [nowMs, last, bits] = [0, 0, 0]
      for (const { waitMs, bytes } of sent) {
        nowMs += waitMs
        bits += bytes * 8
        const deliveries = sampleLink(link, { bytes, nowMs }, stream, state)
        expect(deliveries.length).toBeLessThanOrEqual(2)
        for (const { afterMs } of deliveries)
          expect(afterMs).toBeGreaterThanOrEqual(link.delayMs - link.jitterMs)
        for (const { afterMs } of deliveries) expect(afterMs).toBeGreaterThanOrEqual(0)
        if (deliveries.length === 0) continue
        const arrival = nowMs + first(deliveries).afterMs
        expect(arrival).toBeGreaterThanOrEqual(last - 1e-6)
        if (link.rateMbit > 0) expect(arrival + 1e-6).toBeGreaterThanOrEqual(bits / (link.rateMbit * 1000))
        last = arrival
      }
    }),
  )
})

test('the queue before a rate: twice the bandwidth-delay product of the round trip, within bounds', () => {
  const bytes = (rateMbit: number, delayMs: number) => queueBytes({ ...openLink, rateMbit, delayMs })
  expect(bytes(10, 100)).toBe(2 * (10e6 / 8) * 0.2)
  expect(bytes(1, 10)).toBe(128 * 1024)
  expect(bytes(1000, 200)).toBe(4 * 1024 * 1024)
})
