import { type Bytes, encode, hash, toHex } from '@groundwork/primitives'
import { bigIntPowers, type Powers, powerOfTwo } from './power.ts'
import type { Statement } from './statement.ts'

/** Of a challenge prime: 136 bits, the highest of them set. */
const primeBytes = 17
const hashedBases = 12

/**
 * The challenge prime of a statement: the first probable prime in a sequence of odd 136-bit numbers drawn by hashing all
 * of the statement. It binds x, y, the iterations and the context, each in one encoding only.
 */
export function hashToPrime({ x, y, iterations, context }: Statement, powers: Powers = bigIntPowers): bigint {
  const statement = encode((out) => {
    out.u64(iterations)
    out.bytes(x)
    out.bytes(y)
    out.bytes(context)
  })
  const seed = hash('groundwork/vdf/prime/1', statement)
  for (let count = 0; ; count++) {
    const position = encode((out) => out.u32(count))
    const bytes = hash('groundwork/vdf/prime-candidate/1', seed, position).slice(0, primeBytes)
    bytes[0] = (bytes[0] as number) | 0x80
    bytes[primeBytes - 1] = (bytes[primeBytes - 1] as number) | 1
    if (isProbablePrime(bytes, powers)) return integer(bytes)
  }
}

/**
 * Whether a big-endian integer is prime: trial division by the primes below 2000, then Miller-Rabin to base 2 and to
 * twelve bases that are hashes of the integer, so that everybody has the same answer. Primes always pass. With the hash
 * as a random oracle a given composite passes with a probability of at most 4^-12, and the first to pass among random odd
 * 136-bit numbers is composite with a probability below 2^-55 (Damgaard, Landrock, Pomerance 1993, as in the Handbook of
 * Applied Cryptography, fact 4.48 (ii), k = 136, t = 12, base 2 not counted).
 */
export function isProbablePrime(bytes: Bytes, powers: Powers = bigIntPowers): boolean {
  const divisor = smallDivisor(bytes)
  if (divisor !== null) return integer(bytes) === BigInt(divisor)
  const value = integer(bytes)
  if (value < firstUnsieved) return value > 1n
  const trailing = trailingZeros(value - 1n)
  const odd = (value - 1n) >> BigInt(trailing)
  if (!passes(powerOfTwo(odd, value), value, trailing)) return false
  for (let round = 0; round < hashedBases; round++) {
    const start = powers.power(hashedBase(bytes, value, round), odd, value)
    if (!passes(start, value, trailing)) return false
  }
  return true
}

/** The rest of a round of Miller-Rabin from base^odd, where value - 1 = odd * 2^trailing. */
function passes(start: bigint, value: bigint, trailing: number): boolean {
  if (start === 1n || start === value - 1n) return true
  let residue = start
  for (let i = 1; i < trailing; i++) {
    residue = (residue * residue) % value
    if (residue === value - 1n) return true
  }
  return false
}

/** In [2, value - 2]. */
function hashedBase(bytes: Bytes, value: bigint, round: number): bigint {
  const input = encode((out) => {
    out.u8(round)
    out.bytes(bytes)
  })
  return 2n + (integer(hash('groundwork/vdf/prime-base/1', input)) % (value - 3n))
}

function integer(bytes: Bytes): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`)
}

function trailingZeros(value: bigint): number {
  const bits = value.toString(2)
  return bits.length - 1 - bits.lastIndexOf('1')
}

const sieveLimit = 2000
const smallPrimes: readonly number[] = sieve()
/** What is smaller and has no small divisor is prime. */
const firstUnsieved = BigInt(sieveLimit * sieveLimit)

function sieve(): readonly number[] {
  const primes: number[] = []
  for (let n = 2; n < sieveLimit; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

/** The smallest prime below 2000 that divides an integer: 2 divides 0, and none divides 1. */
function smallDivisor(bytes: Bytes): number | null {
  const words = sixteenBits(bytes)
  for (const prime of smallPrimes) {
    let rest = 0
    for (const word of words) rest = ((rest << 16) | word) % prime
    if (rest === 0) return prime
  }
  return null
}

/** Big-endian, as the bytes are. */
function sixteenBits(bytes: Bytes): readonly number[] {
  const words: number[] = []
  for (let end = bytes.length; end > 0; end -= 2) {
    words.push((((bytes[end - 2] as number | undefined) ?? 0) << 8) | (bytes[end - 1] as number))
  }
  return words.reverse()
}
