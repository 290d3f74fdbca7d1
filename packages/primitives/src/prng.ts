import { type Bytes, type Hash, zeroHash } from './bytes.ts'
import { assert } from './error.ts'
import { hash } from './hash.ts'

/**
 * A seeded generator of 32-bit integers (sfc32), splittable by label: `split('x')` gives the same stream for the same
 * seed and label, whatever was drawn before. One generator per concern keeps runs comparable when one concern changes.
 */
export interface Prng {
  /** Uniform in [0, 2^32). */
  u32(): number
  /** Uniform in [0, bound), without modulo bias; `bound` is at most 2^32. */
  below(bound: number): number
  /** Uniform in [min, max], both inclusive. */
  between(min: number, max: number): number
  /** True with probability `numerator / denominator`. */
  chance(numerator: number, denominator: number): boolean
  /** One of at least one item. */
  pick<T>(items: readonly T[]): T
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  split(label: string): Prng
}

/** `prng(7)` and `prng('7')` are the same. */
export function prng(seed: number | string): Prng {
  return fromKey(childKey(zeroHash, `${seed}`))
}

/** A chain of hashes, so that no two paths of labels share a stream by the way they are spelt. */
function childKey(parent: Hash, label: string): Hash {
  return hash('groundwork/prng/1', parent, utf16(label))
}

function utf16(text: string): Bytes {
  const bytes = new Uint8Array(2 * text.length)
  for (let i = 0; i < text.length; i++) {
    bytes[2 * i] = text.charCodeAt(i) >>> 8
    bytes[2 * i + 1] = text.charCodeAt(i)
  }
  return bytes
}

function fromKey(key: Hash): Prng {
  const view = new DataView(key.buffer, key.byteOffset)
  let [a, b, c, d] = [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)]
  const u32 = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  const below = (bound: number): number => {
    assert(Number.isInteger(bound) && bound > 0 && bound <= 0x1_0000_0000, `bad bound: ${bound}`)
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound)
    for (;;) {
      const value = u32()
      if (value < limit) return value % bound
    }
  }
  return {
    u32,
    below,
    between: (min, max) => min + below(max - min + 1),
    chance: (numerator, denominator) => below(denominator) < numerator,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T,
    shuffle: <T>(items: readonly T[]) => {
      const copy = [...items]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const swapped = copy[i] as T
        copy[i] = copy[j] as T
        copy[j] = swapped
      }
      return copy
    },
    split: (label) => fromKey(childKey(key, label)),
  }
}
