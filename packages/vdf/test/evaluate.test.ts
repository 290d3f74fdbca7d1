import { equal, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  bigIntSquarer,
  chooseSquarer,
  evaluate,
  maxIterations,
  openSslSquarer,
  prove,
  type Squarer,
  speedReport,
  verify,
} from '../src/index.ts'
import { windowBits } from '../src/prove.ts'
import { distance } from '../src/squarer.ts'
import { canonical, decodeResidue, encodeResidue, isElement, modulus } from '../src/verify/group.ts'
import { claimOf, element, flipBit } from './support.ts'

const fast = chooseSquarer()
const slow = bigIntSquarer()

test('OpenSSL passes the self-test here: what follows does test the fast path', () => {
  expect(fast.path).toBe('openssl')
})

test('OpenSSL squares as BigInt does, any residue, any number of times', () => {
  const openssl = openSslSquarer()
  const residue = fc.bigInt({ min: 0n, max: modulus - 1n })
  fc.assert(
    fc.property(residue, fc.integer({ min: 1, max: distance }), (value, times) => {
      const bytes = encodeResidue(value)
      expect(equal(openssl.square(bytes, times), slow.square(bytes, times))).toBe(true)
    }),
    {
      numRuns: 300,
      examples: [
        [0n, 1],
        [1n, distance],
        [modulus - 1n, 1],
      ],
    },
  )
})

describe.each([
  1,
  2,
  3,
  135,
  136,
  137,
  distance - 1,
  distance,
  distance + 1,
  3 * distance,
  3 * distance + 77,
  20_011,
])('%i iterations', (iterations) => {
  test('both paths have the same output, checkpoints and proof, and the proof verifies', () => {
    const claim = claimOf(fast, iterations)
    expect(verify(claim)).toBe(true)
    const evaluations = [fast, slow].map((squarer) => evaluate({ x: claim.x, iterations, squarer })!)
    expect(evaluations.map(({ y }) => toHex(y))).toEqual([toHex(claim.y), toHex(claim.y)])
    // Residues may differ in nothing: neither path settles the sign before the end.
    expect(equal(evaluations[0]!.checkpoints, evaluations[1]!.checkpoints)).toBe(true)
    expect(isElement(claim.y)).toBe(true)
    expect(evaluations[0]!.checkpoints.length).toBe(256 * Math.ceil(iterations / distance))
  })
})

test('the output is what the definition says', () => {
  const iterations = distance + 5
  const claim = claimOf(fast, iterations)
  let value = decodeResidue(claim.x)
  for (let i = 0; i < iterations; i++) value = (value * value) % modulus
  expect(decodeResidue(claim.y)).toBe(canonical(value))
})

test('2^17 iterations, with wide windows', () => {
  expect(windowBits(2 ** 17 / distance)).toBeGreaterThan(4)
  expect(verify(claimOf(fast, 2 ** 17))).toBe(true)
})

test('an evaluation or a proof stops when it is cancelled', () => {
  let asked = 0
  const isCancelled = () => ++asked > 3
  const x = element('x')
  expect(evaluate({ x, iterations: maxIterations, squarer: fast, isCancelled })).toBeNull()
  expect(asked).toBe(4)
  const { y, checkpoints } = evaluate({ x, iterations: 5000, squarer: fast })!
  const init = { x, y, iterations: 5000, context: new Uint8Array(0), checkpoints }
  expect(prove({ ...init, isCancelled: () => true })).toBeNull()
  expect(prove({ ...init, isCancelled: () => false })).not.toBeNull()
})

test('a wrong checkpoint makes a wrong proof', () => {
  const x = element('x')
  const iterations = 3 * distance
  const context = new Uint8Array(0)
  const { y, checkpoints } = evaluate({ x, iterations, squarer: fast })!
  const damaged = new Uint8Array(flipBit(checkpoints, 8 * 256 + 2000))
  const statement = { x, y, iterations, context }
  expect(verify({ ...statement, proof: prove({ ...statement, checkpoints })! })).toBe(true)
  expect(verify({ ...statement, proof: prove({ ...statement, checkpoints: damaged })! })).toBe(false)
})

describe('BigInt takes over', () => {
  const refusal = () => {
    throw new Error('bad e value')
  }
  const openssl = openSslSquarer()
  const wrong = (change: (times: number) => boolean): Squarer => ({
    path: 'openssl',
    square: (residue, times) => {
      const right = openssl.square(residue, times)
      return change(times) ? flipBit(right, 2047) : right
    },
  })
  const faulty: Record<string, () => Squarer> = {
    'that will not make such a key': refusal,
    'that will not compute with one': () => ({ path: 'openssl', square: refusal }),
    'that answers wrongly': () => wrong(() => true),
    'that answers wrongly for whole stretches only': () => wrong((times) => times === distance),
    'that answers wrongly for single squarings only': () => wrong((times) => times === 1),
    'that drops leading zeros': () => ({
      path: 'openssl',
      square: (residue, times) => {
        const right = openssl.square(residue, times)
        return right[0] === 0 ? right.subarray(1) : right
      },
    }),
  }
  test.each(Object.keys(faulty))('from an OpenSSL %s', (name) => {
    const chosen = chooseSquarer(faulty[name])
    expect(chosen.path).toBe('bigint')
    const claim = claimOf(chosen, 1100)
    expect(verify(claim)).toBe(true)
    expect(claim).toEqual(claimOf(fast, 1100))
  })

  test('from an OpenSSL that refuses in the middle of an evaluation, and loses nothing', () => {
    let refuses = false
    let calls = 0
    const chosen = chooseSquarer(() => ({
      path: 'openssl',
      square: (residue, times) => {
        if (refuses && ++calls > 2) refusal()
        return openssl.square(residue, times)
      },
    }))
    expect(chosen.path).toBe('openssl')
    refuses = true
    const claim = claimOf(chosen, 5 * distance + 3)
    expect(chosen.path).toBe('bigint')
    expect(calls).toBe(3)
    expect(claim).toEqual(claimOf(fast, 5 * distance + 3))
  })
})

test('windows grow with the checkpoints, and their buckets stay few', () => {
  const widths = [1, 10, 100, 1000, 10_000, 100_000].map(windowBits)
  expect(widths).toEqual([...widths].sort((a, b) => a - b))
  expect(widths.at(-1)).toBeLessThanOrEqual(14)
})

test.each(['auto', 'bigint'] as const)(
  'a speed report of %s has a row for each number of iterations',
  (path) => {
    const report = speedReport({ iterations: [600, 300], runs: 2, path })
    expect(report.path).toBe(path === 'auto' ? 'openssl' : 'bigint')
    expect(report.rows.map(({ iterations }) => iterations)).toEqual([600, 300])
    for (const row of report.rows) {
      expect(Math.min(row.evaluateMs, row.proveMs, row.verifyMs)).toBeGreaterThan(0)
      expect(Math.abs(row.squaringsPerSecond - (1000 * row.iterations) / row.evaluateMs)).toBeLessThan(1)
    }
    expect(report.squaringsPerSecond).toBe(report.rows[0]!.squaringsPerSecond)
  },
)
