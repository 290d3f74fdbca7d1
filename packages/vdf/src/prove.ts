import { assert, type Bytes } from '@groundwork/primitives'
import { distance } from './squarer.ts'
import { canonical, decodeResidue, elementBytes, encodeResidue, modulus } from './verify/group.ts'
import type { Powers } from './verify/power.ts'
import { hashToPrime } from './verify/prime.ts'
import { isStatement, type Statement } from './verify/statement.ts'

export interface ProveInit extends Statement {
  /** Of the evaluation, see there. */
  readonly checkpoints: Bytes
  /** BigInt's if there are none. */
  readonly powers?: Powers
  /** Asked every few milliseconds. */
  readonly isCancelled?: () => boolean
}

/**
 * Up to so many checkpoints, raising each one alone by OpenSSL, 0.5 ms, costs less than its share of what BigInt does for
 * all of them at once: 1 ms of 32, 0.6 ms of 128. At 256 both cost the same, but for the garbage; from 512 on BigInt wins.
 */
export const aloneMax = 256

/**
 * The proof x^floor(2^iterations / l) of an evaluation, from its checkpoints, on the calling thread. Null if it was
 * cancelled.
 *
 * The exponent is never held: its digits to the base 2^distance come from a long division, one for each checkpoint, and
 * the proof is the product of the checkpoints raised to them.
 */
export function prove({ checkpoints, powers, isCancelled, ...statement }: ProveInit): Bytes | null {
  const count = Math.ceil(statement.iterations / distance)
  assert(isStatement(statement) && checkpoints.length === count * elementBytes, 'prove: bad input')
  const residues = Array.from({ length: count }, (_, i) =>
    decodeResidue(checkpoints.subarray(i * elementBytes, (i + 1) * elementBytes)),
  )
  const digits = quotientDigits(statement.iterations, hashToPrime(statement, powers))
  const factors = { residues, digits, isCancelled: isCancelled ?? (() => false) }
  const isAlone = powers?.path === 'openssl' && count <= aloneMax
  const proof = isAlone ? productAlone(factors, powers) : productInWindows(factors)
  return proof === null ? null : encodeResidue(canonical(proof))
}

/** Digits are as many as residues. */
interface Factors {
  readonly residues: readonly bigint[]
  readonly digits: readonly bigint[]
  readonly isCancelled: () => boolean
}

/** The product of residues[i]^digits[i]: one power for each. */
function productAlone({ residues, digits, isCancelled }: Factors, { power }: Powers): bigint | null {
  let product = 1n
  for (const [i, residue] of residues.entries()) {
    if (isCancelled()) return null
    product = (product * power(residue, digits[i] as bigint, modulus)) % modulus
  }
  return product
}

/**
 * The product of residues[i]^digits[i], with digits cut into windows. Residues whose windows at one place have the same
 * value are multiplied together first, then each product is raised to that value, all of them by one running product;
 * going down from the highest place squares what there is so far (Wesolowski, eprint 2018/623, section 4.1, with
 * checkpoints at every gamma-th block; the buckets are Pippenger's).
 */
function productInWindows({ residues, digits, isCancelled }: Factors): bigint | null {
  const bits = windowBits(residues.length)
  const mask = (1n << BigInt(bits)) - 1n
  let product = 1n
  for (let place = Math.ceil(distance / bits) - 1; place >= 0; place--) {
    if (isCancelled()) return null
    for (let i = 0; i < bits && product !== 1n; i++) product = (product * product) % modulus
    const buckets = new Array<bigint | undefined>(1 << bits)
    const shift = BigInt(place * bits)
    for (const [i, residue] of residues.entries()) {
      const window = Number(((digits[i] as bigint) >> shift) & mask)
      if (window === 0) continue
      const held = buckets[window]
      buckets[window] = held === undefined ? residue : (held * residue) % modulus
    }
    product = (product * weightedProduct(buckets)) % modulus
  }
  return product
}

/** floor(2^iterations / l) to the base 2^distance, the lowest digit first: the long division of a one and many zeros. */
function quotientDigits(iterations: number, l: bigint): readonly bigint[] {
  const digits = new Array<bigint>(Math.ceil(iterations / distance))
  let remainder = 1n
  let width = iterations - distance * (digits.length - 1)
  for (let i = digits.length - 1; i >= 0; i--) {
    const dividend = remainder << BigInt(width)
    digits[i] = dividend / l
    remainder = dividend % l
    width = distance
  }
  return digits
}

/** The product of buckets[b]^b: every bucket is in the running product for as many steps as its power. */
function weightedProduct(buckets: readonly (bigint | undefined)[]): bigint {
  let running = 1n
  let product = 1n
  for (let b = buckets.length - 1; b > 0; b--) {
    const bucket = buckets[b]
    if (bucket !== undefined) running = running === 1n ? bucket : (running * bucket) % modulus
    if (running !== 1n) product = product === 1n ? running : (product * running) % modulus
  }
  return product
}

/** The width that costs least: per place one product for each checkpoint, and one for each value of a window. */
export function windowBits(checkpoints: number): number {
  const cost = (bits: number) => Math.ceil(distance / bits) * (checkpoints + 2 ** bits)
  let best = 1
  for (let bits = 2; bits <= 14; bits++) if (cost(bits) < cost(best)) best = bits
  return best
}
