import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bigIntPowers,
  choosePowers,
  chooseSquarer,
  evaluate,
  hashToPrime,
  isProbablePrime,
  openSslPowers,
  type Powers,
  prove,
  verify,
} from '../src/index.ts'
import { aloneMax } from '../src/prove.ts'
import { distance } from '../src/squarer.ts'
import { decodeResidue, encodeResidue, modulus } from '../src/verify/group.ts'
import { claimOf, element, flipBit } from './support.ts'

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

describe.each([
  1,
  135,
  136,
  distance,
  distance + 1,
  7 * distance + 77,
  aloneMax * distance,
  aloneMax * distance + 1,
])('a proof of %i iterations', (iterations) => {
  const x = element('x')
  const { y, checkpoints } = evaluate({ x, iterations, squarer })!
  const init = { x, y, iterations, checkpoints, context: new Uint8Array(0) }

  test('is the same in both ways, and one power for each checkpoint is asked for only if that is quick', () => {
    const counting = (path: Powers['path']) => {
      const asked: bigint[] = []
      const power: Powers['power'] = (base, e, m) => {
        if (m === modulus) asked.push(e)
        return openssl.power(base, e, m)
      }
      return { asked, powers: { ...openssl, path, power } }
    }
    const fast = counting('openssl')
    const slow = counting('bigint')
    const inWindows = prove(init)
    expect(prove({ ...init, powers: fast.powers })).toEqual(inWindows)
    expect(prove({ ...init, powers: slow.powers })).toEqual(inWindows)
    const count = Math.ceil(iterations / distance)
    expect(fast.asked.length).toBe(count <= aloneMax ? count : 0)
    expect(slow.asked.length).toBe(0)
    expect(verify({ ...init, proof: inWindows! })).toBe(true)
  })

  test('stops in the middle when it is cancelled', () => {
    for (const powers of [openssl, bigIntPowers]) {
      let asked = 0
      expect(prove({ ...init, powers, isCancelled: () => ++asked > 0 })).toBeNull()
      expect(asked).toBe(1)
    }
  })
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

  test('from an OpenSSL that refuses in the middle of a proof', () => {
    let left = Number.POSITIVE_INFINITY
    const power: Powers['power'] = (...of) => (left-- > 0 ? openssl.power(...of) : refusal())
    const chosen = choosePowers(() => ({ ...openssl, power }))
    const x = element('x')
    const iterations = 5 * distance
    const { y, checkpoints } = evaluate({ x, iterations, squarer })!
    const init = { x, y, iterations, checkpoints, context: new Uint8Array(0) }
    // Twelve rounds of the prime, then two checkpoints.
    left = 14
    const proof = prove({ ...init, powers: chosen })
    expect([chosen.path, left]).toEqual(['bigint', -1])
    expect(proof).toEqual(prove(init))
  })
})
