import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CodedError,
  decode,
  encode,
  fromHex,
  type Reader,
  reader,
  toHex,
  type Writer,
  writer,
} from '../src/index.ts'

/** One field of any kind, with how to write it and how to read it back. */
interface Field {
  readonly kind: 'u8' | 'u16' | 'u32' | 'u64' | 'bigU64' | 'fixed' | 'bytes'
  readonly value: number | bigint | Uint8Array
}

const integer = (kind: 'u8' | 'u16' | 'u32' | 'u64', max: number): fc.Arbitrary<Field> =>
  fc.oneof(fc.integer({ min: 0, max }), fc.constantFrom(0, 1, max - 1, max)).map((value) => ({ kind, value }))

const arbField: fc.Arbitrary<Field> = fc.oneof(
  integer('u8', 0xff),
  integer('u16', 0xffff),
  integer('u32', 0xffff_ffff),
  fc.maxSafeNat().map((value): Field => ({ kind: 'u64', value })),
  integer('u64', Number.MAX_SAFE_INTEGER),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value): Field => ({ kind: 'bigU64', value })),
  fc.uint8Array({ maxLength: 40 }).map((value): Field => ({ kind: 'fixed', value })),
  fc.uint8Array({ maxLength: 600 }).map((value): Field => ({ kind: 'bytes', value })),
)
const arbFields = fc.array(arbField, { maxLength: 20 })

function write(out: Writer, { kind, value }: Field): void {
  if (kind === 'bigU64') out.bigU64(value as bigint)
  else if (kind === 'fixed') out.fixed(value as Uint8Array, (value as Uint8Array).length)
  else if (kind === 'bytes') out.bytes(value as Uint8Array)
  else out[kind](value as number)
}

function read(from: Reader, { kind, value }: Field): Field['value'] {
  if (kind === 'fixed') return from.fixed((value as Uint8Array).length)
  if (kind === 'bytes') return from.bytes(600)
  return from[kind]()
}

function encodeAll(fields: readonly Field[]): Uint8Array {
  return encode((out) => {
    for (const field of fields) write(out, field)
  })
}

describe('what is written', () => {
  test('is read back, with nothing left over', () => {
    fc.assert(
      fc.property(arbFields, (fields) => {
        const values = decode(encodeAll(fields), (from) => fields.map((field) => read(from, field)))
        expect(values).toEqual(fields.map(({ value }) => value))
      }),
    )
  })

  test('cut short or lengthened is refused with a code', () => {
    fc.assert(
      fc.property(arbFields, fc.nat(), (fields, cut) => {
        const bytes = encodeAll(fields)
        const readAll = (from: Reader) => fields.map((field) => read(from, field))
        if (bytes.length > 0) {
          const shorter = bytes.subarray(0, cut % bytes.length)
          expect(() => decode(shorter, readAll)).toThrow(expect.objectContaining({ code: 'CODEC_TRUNCATED' }))
        }
        const longer = Uint8Array.of(...bytes, 0)
        expect(() => decode(longer, readAll)).toThrow(expect.objectContaining({ code: 'CODEC_TRAILING' }))
      }),
    )
  })

  test('is big-endian, lengths in four bytes (version 1, pinned)', () => {
    const bytes = encode((out) => {
      out.u8(0x01)
      out.u16(0x0203)
      out.u32(0x0405_0607)
      out.u64(2 ** 53 - 1)
      out.bigU64(2n ** 64n - 2n)
      out.fixed(fromHex('aabb'), 2)
      out.bytes(fromHex('ccddee'))
    })
    expect(toHex(bytes)).toBe(
      '01' + '0203' + '04050607' + '001fffffffffffff' + 'fffffffffffffffe' + 'aabb' + '00000003ccddee',
    )
  })
})

describe('garbage', () => {
  test('never throws anything but a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), arbFields, (bytes, fields) => {
        try {
          decode(bytes, (from) => fields.map((field) => read(from, field)))
        } catch (error) {
          if (!(error instanceof CodedError)) throw error
          expect(error.code).toMatch(/^CODEC_/)
        }
      }),
    )
  })

  test('lengths and counts above the bound are refused before anything is allocated', () => {
    const huge = fromHex('ffffffff')
    expect(() => reader(huge).bytes(1000)).toThrow(expect.objectContaining({ code: 'CODEC_BOUND' }))
    expect(() => reader(huge).count(1000)).toThrow(expect.objectContaining({ code: 'CODEC_BOUND' }))
    expect(() => reader(huge).bytes(0xffff_ffff)).toThrow(
      expect.objectContaining({ code: 'CODEC_TRUNCATED' }),
    )
    expect(reader(fromHex('000003e8')).count(1000)).toBe(1000)
  })

  test('an integer of eight bytes above 2^53 - 1 is refused', () => {
    expect(() => reader(fromHex('0020000000000000')).u64()).toThrow(
      expect.objectContaining({ code: 'CODEC_BOUND' }),
    )
  })
})

test('what was read does not change with the input, even if that is a Buffer', () => {
  const frame = Buffer.from('00000002aabbcc', 'hex')
  const from = reader(frame)
  const [bytes, fixed] = [from.bytes(2), from.fixed(1)]
  frame.fill(0)
  expect([toHex(bytes), toHex(fixed)]).toEqual(['aabb', 'cc'])
})

test('a reader honours the offset of a view', () => {
  expect(reader(fromHex('ff0102').subarray(1)).u16()).toBe(0x0102)
})

test('what does not fit its field is a programmer’s error', () => {
  const out = writer()
  expect(() => out.u8(256)).toThrow('out of range')
  expect(() => out.u16(-1)).toThrow('out of range')
  expect(() => out.u32(1.5)).toThrow('out of range')
  expect(() => out.u64(2 ** 53)).toThrow('out of range')
  expect(() => out.bigU64(2n ** 64n)).toThrow('out of range')
  expect(() => out.fixed(new Uint8Array(3), 4)).toThrow('expected 4 bytes')
})
