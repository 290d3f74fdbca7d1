import type { Prng } from '@groundwork/primitives'

/** A condition on a set's share of the whole stake, in exact integers. */
export interface StakeBound {
  readonly compare: '>=' | '>' | '<' | '<=' | '='
  readonly numerator: bigint
  readonly denominator: bigint
}

/** q = floor(2W/3) + 1: any two sets with it share more than a third of the stake. */
export function quorum(total: number): number {
  return Number((2n * BigInt(total)) / 3n) + 1
}

export function holds(stake: number, total: number, bound: StakeBound): boolean {
  const left = BigInt(stake) * bound.denominator
  const right = BigInt(total) * bound.numerator
  if (bound.compare === '=') return left === right
  if (bound.compare === '>=') return left >= right
  if (bound.compare === '>') return left > right
  return bound.compare === '<' ? left < right : left <= right
}

/**
 * A set of validators (pairs of index and weight) that meets the bound, drawn in the generator's order: minimal for a
 * lower bound, maximal for an upper one, by inclusion. null if there is none.
 */
export function draw(
  validators: readonly (readonly [validator: number, weight: number])[],
  total: number,
  bound: StakeBound,
  prng: Prng,
): ReadonlySet<number> | null {
  const order = prng.shuffle(validators)
  if (bound.compare === '=') return exactly(order, total, bound)
  const chosen = new Map<number, number>()
  let stake = 0
  const lower = bound.compare === '>=' || bound.compare === '>'
  for (const [validator, weight] of order) {
    if (lower ? holds(stake, total, bound) : !holds(stake + weight, total, bound)) continue
    chosen.set(validator, weight)
    stake += weight
  }
  if (!holds(stake, total, bound)) return null
  if (lower) {
    for (const [validator, weight] of [...chosen]) {
      if (!holds(stake - weight, total, bound)) continue
      chosen.delete(validator)
      stake -= weight
    }
  }
  return new Set(chosen.keys())
}

/** The first set in this order whose weights add up to the share; weights are what a scenario states, so small sums. */
function exactly(
  order: readonly (readonly [validator: number, weight: number])[],
  total: number,
  { numerator, denominator }: StakeBound,
): ReadonlySet<number> | null {
  if ((BigInt(total) * numerator) % denominator !== 0n) return null
  const wanted = Number((BigInt(total) * numerator) / denominator)
  const reached = new Map<number, readonly number[]>([[0, []]])
  for (const [validator, weight] of order) {
    for (const [sum, members] of [...reached]) {
      const next = sum + weight
      if (next <= wanted && !reached.has(next) && reached.size < sumsMax)
        reached.set(next, [...members, validator])
    }
  }
  const found = reached.get(wanted)
  return found === undefined ? null : new Set(found)
}

/** Beyond this a file with huge odd weights would make planning slow. */
const sumsMax = 100_000

/** `0.34`, `34%` or `1/3`, in (0, 1]; null for anything else. */
export function parseFraction(
  text: string,
): { readonly numerator: bigint; readonly denominator: bigint } | null {
  const quotient = /^(\d{1,9})\/(\d{1,9})$/.exec(text)
  const decimal = /^(\d{1,3})(?:\.(\d{1,9}))?(%?)$/.exec(text)
  let numerator: bigint
  let denominator: bigint
  if (quotient !== null) {
    numerator = BigInt(quotient[1] as string)
    denominator = BigInt(quotient[2] as string)
  } else if (decimal !== null) {
    const digits = decimal[2] ?? ''
    numerator = BigInt(`${decimal[1]}${digits}`)
    denominator = 10n ** BigInt(digits.length) * (decimal[3] === '%' ? 100n : 1n)
  } else return null
  return denominator > 0n && numerator > 0n && numerator <= denominator ? { numerator, denominator } : null
}
