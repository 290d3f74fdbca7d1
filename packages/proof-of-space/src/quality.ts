import { type Bytes, concat, type Hash } from '@groundwork/primitives'
import { sha256 } from '@noble/hashes/sha2.js'
import { packBits } from './bits.ts'
import { proofValues } from './parameters.ts'

/** Which of the 32 pairs of x-values the quality is made of, in plot order. */
export function qualityIndex(challenge: Bytes): number {
  return (challenge[challenge.length - 1] as number) & 31
}

/** sha256(challenge || x || x'), the pair in plot order. */
export function qualityOf(challenge: Bytes, k: number, first: number, second: number): Hash {
  return sha256(concat(challenge, packBits([first, second], k)))
}

/**
 * The first k bits of a challenge: what f7 has to be.
 */
export function targetOf(challenge: Bytes, k: number): number {
  const word = new DataView(challenge.buffer, challenge.byteOffset).getUint32(0)
  return word >>> (32 - k)
}

/**
 * From proof order, in which the left half matches the right one, to the order that a sorted plot yields: at every level
 * the lesser half first, halves compared from their last value backwards. In place.
 */
export function toPlotOrder(values: Uint32Array): void {
  for (let half = 1; half < proofValues; half *= 2) {
    for (let start = 0; start < proofValues; start += 2 * half) {
      if (isLess(values, start + half, start, half)) swap(values, start, half)
    }
  }
}

function isLess(values: Uint32Array, a: number, b: number, length: number): boolean {
  for (let i = length - 1; i >= 0; i--) {
    const difference = (values[a + i] as number) - (values[b + i] as number)
    if (difference !== 0) return difference < 0
  }
  return false
}

function swap(values: Uint32Array, start: number, half: number): void {
  for (let i = start; i < start + half; i++) {
    const value = values[i] as number
    values[i] = values[i + half] as number
    values[i + half] = value
  }
}
