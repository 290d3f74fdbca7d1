import { ascii, encode, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCanonical, decodeElement, decodeResidue, encodeResidue } from '../src/verify/group.ts'
import { canonical, hashToGroup, isElement, modulus } from '../src/verify/index.ts'
import { isProbablePrime } from '../src/verify/prime.ts'

const half = (modulus - 1n) / 2n

/** In decimal, as RSA Laboratories printed it; the sources have it in hexadecimal. */
const challengeNumber = [
  '2519590847565789349402718324004839857142928212620403202777713783604366202070759555626401852588078440',
  '6918290641249515082189298559149176184502808489120072844992687392807287776735971418347270261896375014',
  '9718246911650776133798590957000973304597488084284017974291006424586918171951187461215151726546322822',
  '1686998754918242243363725908514186546204357679842338718477444792073993423658482382428119816381501067',
  '4810451660377306056201619676256133844143603833904414952634432190114657544454178424020924616515723350',
  '7787077498171257724679629263863563732899121548314381678998850404453640235273819513786365643912120103',
  '97122822120720357',
].join('')

test('the modulus is the RSA-2048 challenge number', () => {
  expect(modulus.toString()).toBe(challengeNumber)
  expect(modulus.toString(2).length).toBe(2048)
  // Printed beside it, as a checksum: the sum of its digits.
  expect([...challengeNumber].reduce((sum, digit) => sum + Number(digit), 0)).toBe(2738)
  expect(isProbablePrime(encodeResidue(modulus))).toBe(false)
})

test('a value and its negative have one canonical form, which is at most N/2', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(modulus ** 2n), max: modulus ** 2n }), (value) => {
      const form = canonical(value)
      expect(form >= 0n && form <= half).toBe(true)
      expect(canonical(-value)).toBe(form)
      expect(canonical(value + modulus)).toBe(form)
      expect(canonical(form)).toBe(form)
      expect((form - value) % modulus === 0n || (form + value) % modulus === 0n).toBe(true)
    }),
  )
})

test('elements are exactly the 256 bytes in (1, N/2]', () => {
  const forms: readonly (readonly [bigint, boolean])[] = [
    ...([0n, 1n, half + 1n, modulus - 2n, modulus - 1n, modulus, modulus + 2n] as const).map(
      (value) => [value, false] as const,
    ),
    [2n ** 2048n - 1n, false],
    [2n, true],
    [half, true],
  ]
  for (const [value, isOne] of forms) expect(isElement(encodeResidue(value)), `${value}`).toBe(isOne)
  expect(decodeCanonical(encodeResidue(1n))).toBe(1n)
  expect(decodeCanonical(encodeResidue(0n))).toBeNull()
  const element = hashToGroup(ascii('x'))
  for (const bytes of [element.slice(1), element.slice(0, 255), new Uint8Array([0, ...element])]) {
    expect(isElement(bytes)).toBe(false)
  }
})

test('residues keep their value and have one length', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 2n ** 2048n - 1n }), (value) => {
      const bytes = encodeResidue(value)
      expect(bytes.length).toBe(256)
      expect(decodeResidue(bytes)).toBe(value)
    }),
  )
})

test('hashing to the group gives canonical elements that differ and spread', () => {
  const elements = Array.from({ length: 64 }, (_, i) => hashToGroup(encode((out) => out.u32(i))))
  expect(elements.every(isElement)).toBe(true)
  expect(new Set(elements.map(toHex)).size).toBe(64)
  const low = elements.filter((bytes) => decodeElement(bytes)! < half / 2n).length
  expect(low).toBeGreaterThan(16)
  expect(low).toBeLessThan(48)
})
