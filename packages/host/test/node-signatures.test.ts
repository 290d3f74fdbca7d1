import { ascii, keyPair, referenceSignatures } from '@groundwork/primitives'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { nodeSignatures } from '../src/node-signatures.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })

it('signs as the reference does', () => {
  fc.assert(
    fc.property(bytes(32), fc.uint8Array({ maxLength: 300 }), (secretKey, message) => {
      const signature = nodeSignatures.sign(secretKey, message)
      expect(signature).toEqual(referenceSignatures.sign(secretKey, message))
      expect(nodeSignatures.verify(keyPair(secretKey).publicKey, message, signature)).toBe(true)
    }),
    { numRuns: 50 },
  )
})

it('refuses whatever was changed, as the reference does', () => {
  const { secretKey, publicKey } = keyPair(new Uint8Array(32).fill(3))
  const message = ascii('a message of some length')
  const signature = nodeSignatures.sign(secretKey, message)
  const flip = (from: Uint8Array, bit: number) => {
    const changed = from.slice()
    changed[(bit >> 3) % from.length]! ^= 1 << (bit & 7)
    return changed
  }
  fc.assert(
    fc.property(fc.nat(511), (bit) => {
      expect(nodeSignatures.verify(publicKey, message, flip(signature, bit))).toBe(false)
      expect(nodeSignatures.verify(publicKey, flip(message, bit), signature)).toBe(false)
      expect(nodeSignatures.verify(flip(publicKey, bit), message, signature)).toBe(false)
    }),
  )
})

it('is total', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }),
      (publicKey, signature) => {
        expect(nodeSignatures.verify(publicKey, ascii('x'), signature)).toBe(false)
      },
    ),
  )
})
