import { ascii, encode } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Claim, chooseSquarer, maxContextBytes, maxIterations, modulus, verify } from '../src/index.ts'
import { decodeResidue, encodeResidue } from '../src/verify/group.ts'
import { claimOf, element, flipBit } from './support.ts'

const squarer = chooseSquarer()
const claim = claimOf(squarer, 1500)

test('a true claim is accepted', () => {
  expect(verify(claim)).toBe(true)
})

test('any flipped bit is refused', () => {
  const bit = fc.integer({ min: 0, max: 2047 })
  fc.assert(
    fc.property(bit, fc.constantFrom('x', 'y', 'proof'), (at, field) => {
      expect(verify({ ...claim, [field]: flipBit(claim[field as 'x' | 'y' | 'proof'], at) })).toBe(false)
    }),
    { numRuns: 500 },
  )
  for (let at = 0; at < 32; at++)
    expect(verify({ ...claim, iterations: (claim.iterations ^ (1 << at)) >>> 0 })).toBe(false)
  for (let at = 0; at < 8 * claim.context.length; at++) {
    expect(verify({ ...claim, context: flipBit(claim.context, at) })).toBe(false)
  }
})

test('another context, another order of the parts, a proof of another claim are refused', () => {
  const other = claimOf(squarer, 1500, 'another')
  const swapped = { ...claim, x: claim.y, y: claim.x }
  const contexts = [new Uint8Array(0), ascii('a contex'), ascii('a context\0'), ascii('a contexT')]
  for (const context of contexts) expect(verify({ ...claim, context })).toBe(false)
  for (const wrong of [swapped, { ...claim, proof: other.proof }, { ...other, proof: claim.proof }]) {
    expect(verify(wrong)).toBe(false)
  }
  expect(verify({ ...claim, y: other.y, proof: other.proof })).toBe(false)
  expect(verify(other)).toBe(true)
})

describe('forms', () => {
  const replacements: Record<string, (value: bigint) => bigint> = {
    'N - v': (value) => modulus - value,
    'v + N, where it fits': (value) => (value + modulus < 2n ** 2048n ? value + modulus : modulus + 2n),
    '0': () => 0n,
    'N - 1': () => modulus - 1n,
    N: () => modulus,
    'just above N/2': () => (modulus + 1n) / 2n,
    'all ones': () => 2n ** 2048n - 1n,
    '1': () => 1n,
  }
  test.each(Object.keys(replacements))('%s is refused in every place', (name) => {
    for (const field of ['x', 'y', 'proof'] as const) {
      const value = decodeResidue(claim[field])
      expect(verify({ ...claim, [field]: encodeResidue(replacements[name]!(value)) }), field).toBe(false)
    }
  })

  test('a claim that would be true of 1 is refused: 1 is no element', () => {
    const one = encodeResidue(1n)
    expect(verify({ ...claim, x: one, y: one, proof: one })).toBe(false)
  })

  test('other lengths are refused, also those of the same value', () => {
    for (const field of ['x', 'y', 'proof'] as const) {
      const bytes = claim[field]
      for (const wrong of [
        bytes.slice(1),
        new Uint8Array([0, ...bytes]),
        new Uint8Array(0),
        bytes.slice(0, 255),
      ]) {
        expect(verify({ ...claim, [field]: wrong }), field).toBe(false)
      }
    }
  })
})

test('it says false to whatever is no claim, and never throws', () => {
  const junk = [null, undefined, 0, 1n, '', 'x', [], {}, () => 0, Number.NaN, new Uint8Array(3)]
  for (const value of junk) expect(verify(value as unknown as Claim)).toBe(false)
  for (const field of ['x', 'y', 'proof', 'iterations', 'context'] as const) {
    const { [field]: _, ...rest } = claim
    expect(verify(rest as Claim)).toBe(false)
    for (const value of junk) {
      if (field === 'context' && value instanceof Uint8Array) continue
      expect(verify({ ...claim, [field]: value } as Claim), field).toBe(false)
    }
  }
  for (const iterations of [0, -1, 1.5, 2 ** 32, 2 ** 53, Number.POSITIVE_INFINITY, maxIterations + 1]) {
    expect(verify({ ...claim, iterations })).toBe(false)
  }
  expect(verify({ ...claim, context: new Uint8Array(maxContextBytes + 1) })).toBe(false)
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (x, iterations, proof) => {
      expect(verify({ ...claim, x, iterations, proof } as unknown as Claim)).toBe(false)
    }),
  )
})

test('it is as quick for the most iterations as for few', () => {
  const times = Array.from({ length: 21 }, (_, run) => {
    const context = encode((out) => out.u32(run))
    const started = performance.now()
    expect(verify({ ...claim, x: element(`${run}`), iterations: maxIterations, context })).toBe(false)
    return performance.now() - started
  }).sort((a, b) => a - b)
  // The goal is 5 ms for the median; the rest is for a machine that does other work meanwhile.
  expect(times[10]).toBeLessThan(50)
})
