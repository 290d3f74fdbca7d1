import { nodeSignatures } from '@groundwork/host'
import { keyPair } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isPassportOf, makePassport, passportKey } from '../src/passport.ts'
import { peerIdOf } from '../src/peer-id.ts'

const secretKey = new Uint8Array(32).fill(5)
const { publicKey } = keyPair(secretKey)
const signer = { publicKey, sign: (message: Uint8Array) => nodeSignatures.sign(secretKey, message) }
const [own, other] = [1, 2].map((fill) => peerIdOf(new Uint8Array(32).fill(fill))) as [string, string]
const passport = makePassport(signer, 'c0ffee', own)

test('a passport speaks for its key, of one peer, on one chain', () => {
  expect(passportKey(passport)).toEqual(publicKey)
  expect(isPassportOf(passport, 'c0ffee', own)).toBe(true)
  expect(isPassportOf(passport, 'c0ffee', other)).toBe(false)
  expect(isPassportOf(passport, 'c0ffe', own)).toBe(false)
})

test('nothing in it can be changed, and garbage is none', () => {
  fc.assert(
    fc.property(fc.nat(passport.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = passport.map((byte, i) => (i === at ? byte ^ change : byte))
      expect(isPassportOf(changed, 'c0ffee', own)).toBe(false)
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(isPassportOf(bytes, 'c0ffee', own)).toBe(false)
      expect(passportKey(bytes) === null).toBe(bytes.length !== passport.length)
    }),
  )
})
