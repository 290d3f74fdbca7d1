import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bigIntPowers,
  choosePowers,
  chooseSquarer,
  hashToPrime,
  isProbablePrime,
  openSslPowers,
  type Powers,
  verify,
} from '../src/index.ts'
import { decodeResidue, encodeResidue, modulus } from '../src/verify/group.ts'
import { claimOf, flipBit } from './support.ts'

const openssl = openSslPowers()
const squarer = chooseSquarer()
const challenge = 2n ** 136n - 113n

test('OpenSSL passes the self-test here: what follows does test the fast path', () => {
  expect(choosePowers().path).toBe('openssl')
})

const integer = (bits: number) => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) })
const exponent = fc.oneof(integer(3), integer(20), integer(136), integer(520))
const anyModulus = fc.oneof(
  fc.constant(modulus),
  fc.constant(challenge),
  // Even and odd, on both sides of what OpenSSL is asked for, with leading zeros in its first byte and without.
  fc.bigInt({ min: 1n, max: 2n ** 270n }),
  fc.bigInt({ min: 1n, max: 2n ** 130n }),
)

test('OpenSSL powers are BigInt powers, for any base, exponent and modulus', () => {
  fc.assert(
    fc.property(integer(2100), exponent, anyModulus, (base, e, m) => {
      expect(openssl.power(base, e, m)).toBe(bigIntPowers.power(base, e, m))
    }),
    {
      numRuns: 400,
      examples: [modulus, challenge].flatMap((m) =>
        [0n, 1n, m - 1n, m, m + 1n].flatMap((base): [bigint, bigint, bigint][] => [
          [base, 0n, m],
          [base, 1n, m],
          [base, 2n ** 135n, m],
          [base, challenge - 1n, m],
          [base, challenge, m],
          [base, challenge + 1n, m],
        ]),
      ),
    },
  )
})

test('products of two powers are the same as well', () => {
  const anyCase = fc.tuple(integer(2048), exponent, integer(2048), exponent, anyModulus)
  fc.assert(
    fc.property(anyCase, (of) => {
      expect(openssl.powerProduct(...of)).toBe(bigIntPowers.powerProduct(...of))
    }),
    { numRuns: 200 },
  )
})

test('an exponent up to the modulus: all of the residues are used', () => {
  for (const e of [modulus - 2n, modulus - 1n, modulus, modulus + 1n]) {
    expect(openssl.power(3n, e, modulus)).toBe(bigIntPowers.power(3n, e, modulus))
  }
})

test('challenge primes and verdicts do not depend on whose powers they are', () => {
  for (let run = 0; run < 12; run++) {
    const claim = claimOf(squarer, 130 + 20 * run)
    expect(hashToPrime(claim, openssl)).toBe(hashToPrime(claim, bigIntPowers))
    const wrong = { ...claim, proof: flipBit(claim.proof, 2047 - run) }
    const negated = { ...claim, proof: encodeResidue(modulus - decodeResidue(claim.proof)) }
    for (const powers of [openssl, bigIntPowers]) {
      expect([claim, wrong, negated].map((of) => verify(of, powers))).toEqual([true, false, false])
    }
  }
})

test('primality does not depend on it either', () => {
  // Base 2 alone lets these pass: only the hashed bases tell.
  const strongToBaseTwo = [3825123056546413051n, 318665857834031151167461n, 3317044064679887385961981n]
  const large = [
    (2n ** 61n - 1n) * (2n ** 89n - 1n),
    2n ** 127n - 1n,
    challenge,
    challenge * (2n ** 127n - 1n),
  ]
  for (const value of [...strongToBaseTwo, ...large]) {
    const bytes = encodeResidue(value)
    expect(isProbablePrime(bytes, openssl), `${value}`).toBe(isProbablePrime(bytes))
  }
})

describe('BigInt takes over', () => {
  const refusal = () => {
    throw new Error('bad e value')
  }
  const wrong = (when: (base: bigint, exponent: bigint, m: bigint) => boolean): Powers => {
    const power: Powers['power'] = (...of) => openssl.power(...of) ^ (when(...of) ? 1n : 0n)
    return { ...openssl, power, powerProduct: (a, i, b, j, m) => (power(a, i, m) * power(b, j, m)) % m }
  }
  const faulty: Record<string, () => Powers> = {
    'that will not make such a key': refusal,
    'that will not compute with one': () => ({ path: 'openssl', power: refusal, powerProduct: refusal }),
    'that answers wrongly': () => wrong(() => true),
    'that is wrong about small exponents': () => wrong((_, e) => e === 1n),
    'that is wrong about exponents of zero': () => wrong((_, e) => e === 0n),
    'that is wrong about long exponents': () => wrong((_, e) => e > 2n ** 500n),
    'that is wrong about small moduli': () => wrong((_, __, m) => m < 2n ** 200n),
    'that is wrong about -1': () => wrong((base, _, m) => base === m - 1n),
    'that multiplies wrongly': () => ({
      ...openssl,
      powerProduct: (...of) => openssl.powerProduct(...of) + 1n,
    }),
  }
  test.each(Object.keys(faulty))('from an OpenSSL %s', (name) => {
    const chosen = choosePowers(faulty[name])
    expect(chosen.path).toBe('bigint')
    expect(verify(claimOf(squarer, 700), chosen)).toBe(true)
  })

  test('from an OpenSSL that refuses later, for good and with the right answer', () => {
    let refuses = false
    let refused = 0
    const power: Powers['power'] = (...of) => {
      if (!refuses) return openssl.power(...of)
      refused++
      return refusal()
    }
    const chosen = choosePowers(() => ({ ...openssl, power, powerProduct: openssl.powerProduct }))
    expect(chosen.path).toBe('openssl')
    refuses = true
    expect(chosen.power(3n, challenge, modulus)).toBe(bigIntPowers.power(3n, challenge, modulus))
    expect(chosen.path).toBe('bigint')
    expect(verify(claimOf(squarer, 700), chosen)).toBe(true)
    expect(refused).toBe(1)
  })
})
