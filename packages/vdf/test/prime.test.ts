import { ascii, type Bytes, fromHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashToPrime, isProbablePrime } from '../src/verify/index.ts'
import { power, powerOfTwo, powerProduct } from '../src/verify/power.ts'
import { element } from './support.ts'

function bytesOf(value: bigint): Bytes {
  const hex = value.toString(16)
  return fromHex(hex.length % 2 === 0 ? hex : `0${hex}`)
}

const isPrime = (value: bigint) => isProbablePrime(bytesOf(value))

test('small numbers are judged as a sieve judges them', () => {
  const limit = 70_000
  const isComposite = new Uint8Array(limit)
  for (let n = 2; n < limit; n++) for (let m = 2 * n; m < limit; m += n) isComposite[m] = 1
  expect([isPrime(0n), isPrime(1n), isProbablePrime(new Uint8Array(0))]).toEqual([false, false, false])
  for (let n = 2; n < limit; n++) expect(isPrime(BigInt(n)), `${n}`).toBe(isComposite[n] === 0)
})

test('large primes pass', () => {
  // Mersenne primes, the prime of ed25519 and its group's order, the largest primes below 2^64 and 2^136.
  const primes = [
    ...[61n, 89n, 107n, 127n, 521n].map((exponent) => 2n ** exponent - 1n),
    2n ** 255n - 19n,
    2n ** 252n + 27742317777372353535851937790883648493n,
    2n ** 64n - 59n,
    2n ** 136n - 113n,
  ]
  for (const prime of primes) expect(isPrime(prime), `${prime}`).toBe(true)
})

test('composites that other tests let through do not pass', () => {
  const composites = [
    // Carmichael numbers without a factor below 2000: (6m+1)(12m+1)(18m+1).
    ...carmichael(3),
    // The smallest strong pseudoprimes to the first 8, 9 and 12 primes (OEIS A014233).
    341550071728321n,
    3825123056546413051n,
    318665857834031151167461n,
    // A strong pseudoprime to the first 13 primes (Sorenson and Webster 2015).
    3317044064679887385961981n,
    // A product and a square of primes far above the sieve.
    (2n ** 61n - 1n) * (2n ** 89n - 1n),
    (2n ** 127n - 1n) ** 2n,
    2n ** 67n - 1n,
  ]
  for (const composite of composites) expect(isPrime(composite), `${composite}`).toBe(false)
})

function carmichael(count: number): bigint[] {
  const found: bigint[] = []
  for (let m = 400n; found.length < count; m++) {
    const factors = [6n * m + 1n, 12n * m + 1n, 18n * m + 1n]
    if (factors.every(isPrime)) found.push(factors.reduce((product, factor) => product * factor))
  }
  return found
}

test('challenge primes are odd, have 136 bits, and depend on every part of the statement', () => {
  const statement = { x: element('x'), y: element('y'), iterations: 1000, context: ascii('context') }
  const primes = [
    statement,
    { ...statement, x: element('z') },
    { ...statement, y: element('z') },
    { ...statement, x: statement.y, y: statement.x },
    { ...statement, iterations: 1001 },
    { ...statement, context: ascii('contexu') },
    { ...statement, context: ascii('context\0') },
    { ...statement, context: new Uint8Array(0) },
  ].map((of) => hashToPrime(of))
  expect(new Set(primes).size).toBe(primes.length)
  for (const prime of primes) {
    expect(prime.toString(2).length).toBe(136)
    expect(power(3n, prime - 1n, prime)).toBe(1n)
  }
})

test('powers are what multiplying one by one gives', () => {
  const exponent = fc.integer({ min: 0, max: 300 })
  const base = fc.bigInt({ min: 0n, max: 2n ** 140n })
  const slow = (b: bigint, e: number, m: bigint) => {
    let result = 1n % m
    for (let i = 0; i < e; i++) result = (result * b) % m
    return result
  }
  fc.assert(
    fc.property(base, base, exponent, exponent, fc.bigInt({ min: 2n, max: 2n ** 136n }), (a, b, i, j, m) => {
      expect(power(a, BigInt(i), m)).toBe(slow(a, i, m))
      expect(powerOfTwo(BigInt(i), m)).toBe(slow(2n, i, m))
      expect(powerProduct(a, BigInt(i), b, BigInt(j), m)).toBe((slow(a, i, m) * slow(b, j, m)) % m)
    }),
  )
  const m = 2n ** 136n - 113n
  expect(powerOfTwo(2n ** 24n, m)).toBe(power(2n, 2n ** 24n, m))
})
