import { type Bytes, encode, hash, toHex } from '@groundwork/primitives'
import { power } from './power.ts'
import type { Statement } from './statement.ts'

/** Bytes of a challenge prime: 136 bits, the highest of them set. */
export const primeBytes = 17
const rounds = 16

/**
 * The challenge prime of a statement: the first probable prime in a sequence of odd 136-bit numbers drawn by hashing all
 * of the statement. It binds x, y, the iterations and the context, each in one encoding only.
 */
export function hashToPrime({ x, y, iterations, context }: Statement): bigint {
  const seed = hash(
    'groundwork/vdf/prime/1',
    encode((out) => {
      out.u64(iterations)
      out.bytes(x)
      out.bytes(y)
      out.bytes(context)
    }),
  )
  for (let count = 0; ; count++) {
    const digest = hash(
      'groundwork/vdf/prime-candidate/1',
      seed,
      encode((out) => out.u32(count)),
    )
    const bytes = digest.slice(0, primeBytes)
    bytes[0] = (bytes[0] as number) | 0x80
    bytes[primeBytes - 1] = (bytes[primeBytes - 1] as number) | 1
    if (isProbablePrime(bytes)) return BigInt(`0x${toHex(bytes)}`)
  }
}

/**
 * Trial division by the primes below 2000, then sixteen rounds of Miller-Rabin to bases that are hashes of the number:
 * everybody has the same answer. Primes always pass. With the hash as a random oracle a given composite passes with a
 * probability of at most 4^-16, and a number of a random sequence that passes is composite with a probability below
 * 2^-71 (Damgaard, Landrock, Pomerance 1993; Handbook of Applied Cryptography 4.48 (iii), k = 136, t = 16).
 */
export function isProbablePrime(bytes: Bytes): boolean {
  const small = smallDivisor(bytes)
  const value = BigInt(`0x${toHex(bytes) || '0'}`)
  if (small !== null) return value === BigInt(small)
  if (value < firstUnsieved) return value > 1n
  const trailing = trailingZeros(value - 1n)
  for (let round = 0; round < rounds; round++) {
    if (!passes(value, witness(bytes, value, round), trailing)) return false
  }
  return true
}

/** One round of Miller-Rabin for an odd value, value - 1 = odd * 2^trailing. */
function passes(value: bigint, base: bigint, trailing: number): boolean {
  let residue = power(base, (value - 1n) >> BigInt(trailing), value)
  if (residue === 1n || residue === value - 1n) return true
  for (let i = 1; i < trailing; i++) {
    residue = (residue * residue) % value
    if (residue === value - 1n) return true
  }
  return false
}

/** In [2, value - 2]. */
function witness(bytes: Bytes, value: bigint, round: number): bigint {
  const digest = hash(
    'groundwork/vdf/witness/1',
    encode((out) => {
      out.u8(round)
      out.bytes(bytes)
    }),
  )
  return 2n + (BigInt(`0x${toHex(digest)}`) % (value - 3n))
}

function trailingZeros(value: bigint): number {
  const bits = value.toString(2)
  return bits.length - 1 - bits.lastIndexOf('1')
}

const sieveLimit = 2000
const smallPrimes: readonly number[] = sieve()
/** What has no divisor in the sieve and is smaller than this is prime, or 0 or 1. */
const firstUnsieved = BigInt(sieveLimit * sieveLimit)

function sieve(): readonly number[] {
  const primes: number[] = []
  for (let n = 2; n < sieveLimit; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

/** The smallest small prime that divides the number of these bytes, big-endian; null for 0, too. */
function smallDivisor(bytes: Bytes): number | null {
  if (bytes.every((byte) => byte === 0)) return null
  for (const prime of smallPrimes) {
    let rest = 0
    for (const byte of bytes) rest = (rest * 256 + byte) % prime
    if (rest === 0) return prime
  }
  return null
}
