import { chacha8 } from '@noble/ciphers/chacha.js'
import { blake3 } from '@noble/hashes/blake3.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packBits, unpackBits } from '../src/bits.ts'
import { blake3Block } from '../src/blake3.ts'
import { chacha8Block } from '../src/chacha8.ts'
import { isMatch } from '../src/matching.ts'
import { bucketSize, maxK, metadataBits, metadataWords, minK } from '../src/parameters.ts'
import { firstFunction, tableFunction } from '../src/table-functions.ts'
import { type Bits, bits, bitsOf, bytesOf, f, f1, matches } from './reference.ts'

/** Left-aligned big-endian words, and back. */
function words(text: Bits): Int32Array {
  const count = Math.ceil(text.length / 32)
  return Int32Array.from({ length: count }, (_, i) =>
    Number.parseInt(text.slice(32 * i, 32 * i + 32).padEnd(32, '0'), 2),
  )
}
const text = (from: Int32Array, length: number): Bits =>
  [...from]
    .map((word) => bits(word >>> 0, 32))
    .join('')
    .slice(0, length)

const anyK = fc.integer({ min: minK, max: maxK })
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const ofBits = (length: number): fc.Arbitrary<Bits> =>
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => bitsOf(bytes).slice(0, length))

describe('against a library', () => {
  it('BLAKE3 of up to 64 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const input = new Int32Array(16)
        const view = new DataView(input.buffer)
        const digest = new Int32Array(8)
        for (const [i, byte] of bytes.entries()) view.setUint8(i, byte)
        blake3Block(
          input.map((_, i) => view.getInt32(4 * i)),
          bytes.length,
          digest,
        )
        expect(text(digest, 256)).toBe(bitsOf(blake3(bytes)))
      }),
      { numRuns: 500 },
    )
  })

  it('ChaCha8, any block below 2^32', () => {
    fc.assert(
      fc.property(bytes32, fc.nat({ max: 0xffff_fffe }), (key, counter) => {
        const output = new Int32Array(16)
        const view = new DataView(key.buffer, key.byteOffset)
        chacha8Block(
          Int32Array.from({ length: 8 }, (_, i) => view.getInt32(4 * i, true)),
          counter,
          output,
        )
        const expected = chacha8(key, new Uint8Array(12), new Uint8Array(64), undefined, counter)
        expect(text(output, 512)).toBe(bitsOf(expected))
      }),
      { numRuns: 200 },
    )
  })
})

describe('against the definition, for every k', () => {
  const anyX = (k: number) => fc.nat({ max: 2 ** k - 1 })

  it('f1', () => {
    fc.assert(
      fc.property(
        bytes32,
        anyK.chain((k) => fc.tuple(fc.constant(k), fc.array(anyX(k), { minLength: 1, maxLength: 5 }))),
        (plotId, [k, xs]) => {
          const own = firstFunction(plotId, k)
          for (const x of xs) expect(bits(own(x), k + 6), `x ${x}`).toBe(f1(plotId, k, x).y)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('f1 at the ends of blocks and of the key stream', () => {
    const plotId = Uint8Array.from({ length: 32 }, (_, i) => 7 * i)
    for (let k = minK; k <= maxK; k++) {
      const own = firstFunction(plotId, k)
      const around = [
        0,
        1,
        15,
        16,
        31,
        32,
        2 ** (k - 6) - 1,
        2 ** (k - 6),
        2 ** (k - 1),
        2 ** k - 2,
        2 ** k - 1,
      ]
      for (const x of around) expect(bits(own(x), k + 6), `k ${k}, x ${x}`).toBe(f1(plotId, k, x).y)
    }
  })

  it.each([2, 3, 4, 5, 6, 7])('f%i', (table) => {
    const parents = anyK.chain((k) => {
      const metadata = ofBits(metadataBits(k, table - 1))
      return fc.tuple(fc.constant(k), ofBits(k + 6), metadata, metadata)
    })
    fc.assert(
      fc.property(parents, fc.nat({ max: 3 }), ([k, y, left, right], at) => {
        const count = metadataWords(k, table - 1)
        const to = new Int32Array(at + metadataWords(k, table)).fill(-1)
        const both = new Int32Array([...words(left), ...words(right)])
        const own = tableFunction(k, table)(Number.parseInt(y, 2), both, 0, count, to, at)
        const expected = f(k, table, { y, metadata: left }, { y, metadata: right })
        expect(bits(own, k + 6)).toBe(expected.y)
        const length = metadataBits(k, table)
        expect(text(to.subarray(at), 32 * metadataWords(k, table))).toBe(
          expected.metadata.padEnd(32 * Math.ceil(length / 32), '0'),
        )
        // Nothing else is written.
        expect([...to.subarray(0, at)]).toEqual(new Array(at).fill(-1))
      }),
      { numRuns: 300 },
    )
  })

  it('matching', () => {
    const near = anyK.chain((k) => {
      const left = fc.nat({ max: Math.floor(2 ** (k + 6) / bucketSize - 2) * bucketSize })
      return fc.tuple(
        fc.constant(k),
        left,
        fc.nat({ max: 118 }),
        fc.nat({ max: 126 }),
        fc.nat({ max: 63 }),
        fc.nat(4),
      )
    })
    let found = 0
    fc.assert(
      fc.property(near, ([k, left, row, column, m, way]) => {
        const bucket = Math.floor(left / bucketSize)
        const from = left % bucketSize
        const hit = ((Math.floor(from / 127) + m) % 119) * 127 + (((2 * m + (bucket % 2)) ** 2 + from) % 127)
        // A true match, any cell of the next bucket, and the same cells of buckets that do not follow.
        const right = [
          (bucket + 1) * bucketSize + hit,
          (bucket + 1) * bucketSize + row * 127 + column,
          bucket * bucketSize + hit,
          (bucket + 2) * bucketSize + hit,
          hit,
        ][way] as number
        const expected = matches(bits(left, k + 6), bits(right, k + 6))
        if (expected) found++
        expect(isMatch(left, right)).toBe(expected)
      }),
      { numRuns: 1000 },
    )
    expect(found).toBeGreaterThan(100)
  })
})

/** From chiapos' tests/test.cpp (Chia Network, Apache-2.0), k = 16. */
describe("chiapos' Fx vectors", () => {
  const evaluate = (table: number, y: number, left: string, right: string) => {
    const one = words(bitsOf(Uint8Array.from(left.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))))
    const two = words(bitsOf(Uint8Array.from(right.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))))
    const to = new Int32Array(metadataWords(16, table))
    const own = tableFunction(16, table)(y, new Int32Array([...one, ...two]), 0, one.length, to, 0)
    return { y: own, metadata: text(to, metadataBits(16, table)) }
  }
  const hex = (value: string) => bits(BigInt(`0x${value}`), 4 * value.length)

  it('f2', () => {
    const { y, metadata } = evaluate(2, 0x20a61a, '44cb', '204f')
    expect(y).toBe(0x2af546)
    expect(metadata).toBe(hex('44cb204f'))
  })
  it('f4', () => {
    const { y, metadata } = evaluate(4, 0x30cb4c, '05b6e6e307d4bedc', '8a9a021ea648a7dd')
    expect(y).toBe(0x11ad5)
    expect(metadata).toBe(hex('d4bd0b144fc26138'))
  })
  it('f7', () => {
    expect(evaluate(7, 0x14f410, '5fec898f', '82283d15').y).toBe(0x24c3c2)
  })
})

describe('packing', () => {
  it('and unpacking give the bits of the definition, for every width', () => {
    const lists = fc
      .integer({ min: 1, max: 32 })
      .chain((width) =>
        fc.tuple(fc.constant(width), fc.array(fc.nat({ max: 2 ** width - 1 }), { maxLength: 70 })),
      )
    fc.assert(
      fc.property(lists, ([width, list]) => {
        const packed = packBits(list, width)
        expect(packed).toEqual(bytesOf(list.map((value) => bits(value, width)).join('')))
        const values = new Uint32Array(list.length)
        unpackBits(packed, width, values)
        expect([...values]).toEqual(list)
      }),
      { numRuns: 300 },
    )
  })
})
