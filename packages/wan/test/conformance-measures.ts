import { expect } from 'vitest'
import type { Message } from './conformance-harness.ts'

/** None early, and the median late by less than the tolerance. */
export function expectDelays(messages: readonly Message[], delayMs: number, toleranceMs: number): void {
  const delays = delaysOf(messages)
  expect(delays.length).toBeGreaterThan(5)
  expect(Math.min(...delays)).toBeGreaterThan(delayMs - 0.3)
  expect(quantile(delays, 0.5)).toBeLessThan(delayMs + toleranceMs)
}

/** Where the number of hits in so many trials lies but for once in 16,000 times (four standard deviations). */
export function interval(trials: number, share: number): { readonly min: number; readonly max: number } {
  const deviation = 4 * Math.sqrt(trials * share * (1 - share))
  return { min: trials * share - deviation, max: trials * share + deviation }
}

export function expectShare(hits: number, trials: number, share: number): void {
  const { min, max } = interval(trials, share)
  expect(hits).toBeGreaterThanOrEqual(min)
  expect(hits).toBeLessThanOrEqual(max)
}

export function delaysOf(messages: readonly Message[]): number[] {
  return messages.map(({ sentMs, arrivedMs }) => (arrivedMs ?? Number.POSITIVE_INFINITY) - sentMs)
}

export function arrivedOf(messages: readonly Message[]): Message[] {
  return messages.filter(({ arrivedMs }) => arrivedMs !== null)
}

export function expectOrder(messages: readonly Message[]): void {
  const arrivals = messages.map(({ arrivedMs }) => arrivedMs ?? 0)
  expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b))
}

export function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))] as number
}
