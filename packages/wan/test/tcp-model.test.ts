import { expect, test } from 'vitest'
import {
  attemptAfter,
  attemptMs,
  handshakeBackoff,
  segmentBackoff,
  windowBytes,
} from '../src/relay/tcp-model.ts'

const attempts = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

test('a lost segment is sent again after the round trip plus 200 ms, then after twice as long, up to 120 s', () => {
  const backoff = segmentBackoff(1000, 80)
  expect(attempts(4).map((attempt) => attemptMs(backoff, attempt) - 1000)).toEqual([280, 840, 1960, 4200])
  const waits = attempts(15).map((attempt) => attemptMs(backoff, attempt + 1) - attemptMs(backoff, attempt))
  expect(Math.max(...waits)).toBe(120_000)
  // Linux documents 924.6 s for the shortest timer and 15 attempts.
  const shortest = segmentBackoff(0, 0)
  expect(attemptMs(shortest, shortest.attempts + 1)).toBe(924_600)
})

test('a SYN is sent again after 1, 3, 7, ... s; the attempt is given up after 127 s', () => {
  const backoff = handshakeBackoff(0)
  expect(attempts(6).map((attempt) => attemptMs(backoff, attempt) / 1000)).toEqual([1, 3, 7, 15, 31, 63])
  expect(attemptMs(backoff, backoff.attempts + 1)).toBe(127_000)
})

test('after a cut of 30 s a connection is silent for another 20 s or more', () => {
  for (const rttMs of [1, 14, 30]) {
    const backoff = segmentBackoff(0, rttMs)
    const resumesMs = attemptMs(backoff, attemptAfter(backoff, 30_000))
    expect(resumesMs).toBeGreaterThan(50_000)
    expect(resumesMs).toBeLessThan(60_000)
  }
})

test('the next attempt is the first that is not over', () => {
  const backoff = segmentBackoff(0, 0)
  expect([0, 200, 201, 600, 601].map((ms) => attemptAfter(backoff, ms))).toEqual([1, 1, 2, 2, 3])
})

test('a window is twice the bandwidth-delay product, within limits', () => {
  expect(windowBytes(100, 80)).toBe(2_000_000)
  expect(windowBytes(1, 10)).toBe(128 * 1024)
  expect(windowBytes(0, 80)).toBe(4 * 1024 * 1024)
  expect(windowBytes(10_000, 80)).toBe(4 * 1024 * 1024)
})
