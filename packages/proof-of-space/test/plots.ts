import { sha256 } from '@noble/hashes/sha2.js'

/** Challenge i of chiapos' own tests: sha256 of i as four bytes, big-endian. */
export function challengeOf(i: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, i)
  return sha256(bytes)
}

/** Those of chiapos' tests/test.cpp (Chia Network, Apache-2.0). */
export const plotIds: Readonly<Record<1 | 3, string>> = {
  1: '23023404333717545b0a6f0c0dde9710e4d3fe2d5cc6cc0a090a0b818bab0f17',
  3: '05683404333717545b0a6f0c0dde9710e4d3fe2d5cc6cc0a090a0b818bab0f17',
}
