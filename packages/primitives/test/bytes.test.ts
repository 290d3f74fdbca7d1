import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ascii, compare, concat, equal, fromHex, hash, isZero, toHex, zeroHash } from '../src/index.ts'

const arbBytes = fc.uint8Array({ maxLength: 40 })

test('hexadecimal and back', () => {
  fc.assert(
    fc.property(arbBytes, (bytes) => {
      expect(toHex(bytes)).toBe(Buffer.from(bytes).toString('hex'))
      expect(fromHex(toHex(bytes), bytes.length)).toEqual(bytes)
    }),
  )
})

test('what is not lower-case hexadecimal of the right length is refused in one line', () => {
  for (const bad of ['0', 'AA', '0g', ' 00', '0x00', '00\n', 'é0', '0０']) {
    expect(() => fromHex(bad)).toThrow(expect.objectContaining({ code: 'BYTES_HEX' }))
  }
  expect(() => fromHex('00', 2)).toThrow('expected 2 bytes in lower-case hexadecimal, got "00"')
  expect(() => fromHex('zz'.repeat(1_000_000))).toThrow(expect.objectContaining({ code: 'BYTES_HEX' }))
  expect(fromHex('ab'.repeat(1_000_000)).length).toBe(1_000_000)
})

test('order and equality agree with the order of hexadecimal strings', () => {
  fc.assert(
    fc.property(arbBytes, arbBytes, (a, b) => {
      const [x, y] = [toHex(a), toHex(b)]
      expect(Math.sign(compare(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0)
      expect(equal(a, b)).toBe(x === y)
      expect(equal(a, a.slice())).toBe(true)
      expect(compare(a, concat(a, b))).toBeLessThanOrEqual(0)
    }),
  )
})

test('concat and isZero', () => {
  fc.assert(
    fc.property(fc.array(arbBytes), (parts) => {
      const whole = concat(...parts)
      expect(toHex(whole)).toBe(parts.map(toHex).join(''))
      expect(isZero(whole)).toBe(/^0*$/.test(toHex(whole)))
    }),
  )
  expect(isZero(zeroHash)).toBe(true)
})

test('only ASCII is ASCII', () => {
  expect(toHex(ascii('az~'))).toBe('617a7e')
  expect(() => ascii('naïve')).toThrow(expect.objectContaining({ code: 'BYTES_ASCII' }))
})

test('hashes are SHA-256 over a length-prefixed domain and the parts (pinned)', async () => {
  const parts = [fromHex('00ff'), fromHex('10')]
  const input = concat(Uint8Array.of(6), ascii('domain'), ...parts)
  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(input))
  expect(hash('domain', ...parts)).toEqual(new Uint8Array(digest))
  expect(toHex(hash('groundwork/test/1'))).toBe(
    '02aac5bde1772897b82ea6ac1f8f3d1363fe156f9580a9a4b51c4f1c8d24993e',
  )
})

test('a domain, a shorter domain and its first part do not mix', () => {
  expect(toHex(hash('ab'))).not.toBe(toHex(hash('a', ascii('b'))))
  expect(() => hash('')).toThrow('bad hash domain')
  expect(() => hash('a'.repeat(256))).toThrow('bad hash domain')
})
