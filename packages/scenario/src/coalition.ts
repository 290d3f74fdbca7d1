import type { Prng } from '@groundwork/primitives'
import { quorum } from './stake.ts'

/** A validator by its index, with its weight. */
export type Weighted = readonly [validator: number, weight: number]

/** Two sides of honest validators that never meet, and whoever signs on both. */
export interface Fork {
  readonly sides: readonly [readonly number[], readonly number[]]
  readonly signsTwice: readonly number[]
}

/**
 * The cheapest way to two final histories: the least stake that has to sign both, so that each has a quorum together
 * with a side of its own. Each side then lacks the other one, so none may weigh more than W - q: what signs twice is what
 * two bins of that size cannot hold. null if no two sides have a validator each, or if there are too many sums to try.
 */
export function cheapestFork(validators: readonly Weighted[], prng: Prng): Fork | null {
  const total = weightOf(validators)
  return pack(prng.shuffle(validators), total - quorum(total))
}

/** The same if these sign twice; null if the others cannot be split so that both sides have a quorum with them. */
export function forkBy(
  signsTwice: readonly Weighted[],
  others: readonly Weighted[],
  prng: Prng,
): Fork | null {
  const total = weightOf(signsTwice) + weightOf(others)
  const packed = pack(prng.shuffle(others), total - quorum(total))
  if (packed === null || packed.signsTwice.length > 0) return null
  return { sides: packed.sides, signsTwice: signsTwice.map(([validator]) => validator) }
}

/** Beyond this a file with huge odd weights would make planning slow. */
const sumsMax = 20_000

interface Filling {
  readonly a: number
  readonly b: number
  readonly item: Weighted | null
  readonly into: 'a' | 'b'
  readonly before: Filling | null
}

/** Fills two bins as full as they get together, neither of them empty; what is left over signs twice. */
function pack(items: readonly Weighted[], capacity: number): Fork | null {
  const reached = new Map<string, Filling>()
  const start: Filling = { a: 0, b: 0, item: null, into: 'a', before: null }
  reached.set('0,0', start)
  for (const item of items) {
    for (const before of [...reached.values()]) {
      for (const into of ['a', 'b'] as const) {
        const [a, b] = into === 'a' ? [before.a + item[1], before.b] : [before.a, before.b + item[1]]
        const key = `${a},${b}`
        if (a > capacity || b > capacity || reached.has(key)) continue
        reached.set(key, { a, b, item, into, before })
      }
    }
    if (reached.size > sumsMax) return null
  }
  let best: Filling | null = null
  for (const one of reached.values())
    if (one.a > 0 && one.b > 0 && (best === null || one.a + one.b > best.a + best.b)) best = one
  return best === null ? null : unpack(items, best)
}

function unpack(items: readonly Weighted[], best: Filling): Fork {
  const sides: { readonly a: number[]; readonly b: number[] } = { a: [], b: [] }
  for (let at: Filling | null = best; at !== null; at = at.before)
    if (at.item !== null) sides[at.into].push(at.item[0])
  const placed = new Set([...sides.a, ...sides.b])
  const signsTwice = items.map(([validator]) => validator).filter((validator) => !placed.has(validator))
  return { sides: [sides.a, sides.b], signsTwice }
}

function weightOf(validators: readonly Weighted[]): number {
  return validators.reduce((sum, [, weight]) => sum + weight, 0)
}
