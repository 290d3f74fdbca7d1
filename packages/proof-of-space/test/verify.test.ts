import { toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Claim, maxK, minK, plotIdOf, plotSeed, verify } from '../src/verify.ts'
import { type Vector, vectors } from './reference.ts'

/** One more in the first byte, as chiapos' own test does it. */
function bumped(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice()
  copy[0] = (copy[0] as number) + 1
  return copy
}

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice()
  copy[bit >> 3]! ^= 128 >> (bit & 7)
  return copy
}

describe("chiapos' own proofs", () => {
  it('are 40, of k = 21', () => {
    expect(vectors).toHaveLength(40)
    expect(new Set(vectors.map(({ k }) => k))).toEqual(new Set([21]))
  })

  it.each(vectors.map((vector, i) => [i, vector] as const))('%i', (_, vector) => {
    expect(toHex(verify(vector) ?? new Uint8Array())).toBe(vector.quality)
    expect(verify({ ...vector, proof: bumped(vector.proof) })).toBeUndefined()
    expect(verify({ ...vector, plotId: bumped(vector.plotId) })).toBeUndefined()
    expect(verify({ ...vector, challenge: bumped(vector.challenge) })).toBeUndefined()
    expect(verify({ ...vector, k: vector.k + 1 })).toBeUndefined()
  })

  const vector = fc.constantFrom(...vectors)

  it('with any bit of the proof flipped are none', () => {
    for (const each of vectors.slice(0, 4))
      for (let bit = 0; bit < 8 * each.proof.length; bit++)
        expect(verify({ ...each, proof: flipped(each.proof, bit) }), `bit ${bit}`).toBeUndefined()
    fc.assert(
      fc.property(vector, fc.nat({ max: 8 * 168 - 1 }), (each, bit) => {
        expect(verify({ ...each, proof: flipped(each.proof, bit) })).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  it('are none for a plot id that differs in one of the 31 bytes that make the plot', () => {
    fc.assert(
      fc.property(vector, fc.nat({ max: 8 * 31 - 1 }), (each, bit) => {
        expect(verify({ ...each, plotId: flipped(each.plotId, bit) })).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  it('hold for all plot ids with the same first 31 bytes: they are one plot', () => {
    const each = vectors[0] as Vector
    const sibling = flipped(each.plotId, 255)
    expect(toHex(verify({ ...each, plotId: sibling }) ?? new Uint8Array())).toBe(each.quality)
    expect(plotSeed(sibling)).toEqual(plotSeed(each.plotId))
  })

  it('are bound to the challenge: its first k bits choose the entry, all of it makes the quality', () => {
    fc.assert(
      fc.property(vector, fc.nat({ max: 255 }), (each, bit) => {
        const quality = verify({ ...each, challenge: flipped(each.challenge, bit) })
        if (bit < each.k) expect(quality).toBeUndefined()
        else expect(toHex(quality ?? new Uint8Array())).toMatch(/^[0-9a-f]{64}$/)
        expect(toHex(quality ?? new Uint8Array())).not.toBe(each.quality)
      }),
      { numRuns: 500 },
    )
  })

  it('cannot have their pairs swapped or their halves in another order', () => {
    for (const each of vectors.slice(0, 10)) {
      const half = each.proof.length / 2
      const turned = new Uint8Array([...each.proof.subarray(half), ...each.proof.subarray(0, half)])
      expect(verify({ ...each, proof: turned })).toBeUndefined()
    }
  })
})

describe('is total', () => {
  const anyBytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ minLength: 32, maxLength: 32 }),
    fc.constantFrom(...vectors).map(({ proof }) => proof),
  )
  const anyNumber = fc.oneof(
    fc.integer({ min: minK, max: maxK }),
    fc.double(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 15, 33, 16.5, 2 ** 53),
  )

  it('on any bytes and any number', () => {
    fc.assert(
      fc.property(anyBytes, anyNumber, anyBytes, anyBytes, (plotId, k, challenge, proof) => {
        expect(verify({ plotId, k, challenge, proof })).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  it('on random proofs of every k, which are none', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: minK, max: maxK }),
        fc.infiniteStream(fc.nat({ max: 255 })),
        (k, random) => {
          const take = (length: number) => Uint8Array.from({ length }, () => random.next().value as number)
          expect(verify({ plotId: take(32), k, challenge: take(32), proof: take(8 * k) })).toBeUndefined()
        },
      ),
      { numRuns: 500 },
    )
  })

  it('on views into other buffers', () => {
    const each = vectors[7] as Vector
    const inside = (bytes: Uint8Array) => new Uint8Array([9, 9, 9, ...bytes, 9]).subarray(3, 3 + bytes.length)
    const claim: Claim = {
      plotId: inside(each.plotId),
      k: each.k,
      challenge: inside(each.challenge),
      proof: inside(each.proof),
    }
    expect(toHex(verify(claim) ?? new Uint8Array())).toBe(each.quality)
  })
})

it('plot ids belong to a key and an index', () => {
  const [a, b] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  const ids = [plotIdOf(a, 0), plotIdOf(a, 1), plotIdOf(b, 0)].map((id) => toHex(plotSeed(id)))
  expect(new Set(ids).size).toBe(3)
  expect(toHex(plotIdOf(a, 0))).toMatchInlineSnapshot(
    `"50e2175ed333c24034d5647ce9656eb68fe5081ca640adc84b2a953a64f04629"`,
  )
})
