import { assert } from './error.ts'

/**
 * A seeded generator of 32-bit integers (sfc32), splittable by label: `split('x')` gives the same stream for the same
 * seed and label, whatever was drawn before. One generator per concern keeps runs comparable when one concern changes.
 */
export interface Prng {
  /** Uniform in [0, 2^32). */
  u32(): number
  /** Uniform in [0, bound), without modulo bias. */
  below(bound: number): number
  /** Uniform in [min, max], both inclusive. */
  between(min: number, max: number): number
  /** True with probability `numerator / denominator`. */
  chance(numerator: number, denominator: number): boolean
  pick<T>(items: readonly T[]): T
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  split(label: string): Prng
}

export function prng(seed: number | string): Prng {
  return fromKey(`${seed}`)
}

function fromKey(key: string): Prng {
  let [a, b, c, d] = words(key)
  const u32 = (): number => {
    const sum = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) u32()
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
    pick: (items) => items[below(items.length)] as never,
    shuffle: (items) => {
      const copy = [...items]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = below(i + 1)
        const swapped = copy[i] as never
        copy[i] = copy[j] as never
        copy[j] = swapped
      }
      return copy
    },
    split: (label) => fromKey(`${key}/${label}`),
  }
}

/** Four 32-bit words from a string: FNV-1a with four offsets, finished by a murmur-style mix. */
function words(key: string): [number, number, number, number] {
  const word = (offset: number): number => {
    let h = 0x811c_9dc5 ^ offset
    for (let i = 0; i < key.length; i++) h = Math.imul(h ^ key.charCodeAt(i), 0x0100_0193)
    h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b)
    h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
    return (h ^ (h >>> 16)) | 0
  }
  return [word(0), word(0x9e37_79b9), word(0x3c6e_f372), word(0xdaa6_6d2b)]
}
