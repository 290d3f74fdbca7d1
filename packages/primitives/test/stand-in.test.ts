import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ascii, fromHex, keyPair, standInSignatures, toHex } from '../src/index.ts'

const secrets = Array.from({ length: 8 }, (_, i) => new Uint8Array(32).fill(i + 1))
const keys = secrets.map(keyPair)
const arbMessage = fc.uint8Array({ maxLength: 300 })
const arbKey = fc.constantFrom(...keys)

test('what is signed verifies; any changed bit of key, message or signature does not', () => {
  fc.assert(
    fc.property(arbKey, arbMessage, fc.nat(), fc.nat(7), ({ secretKey, publicKey }, message, at, bit) => {
      const flip = (bytes: Uint8Array) =>
        bytes.map((byte, i) => (i === at % bytes.length ? byte ^ (1 << bit) : byte))
      const signature = standInSignatures.sign(secretKey, message)
      expect(standInSignatures.verify(publicKey, message, signature)).toBe(true)
      expect(standInSignatures.verify(publicKey, message, flip(signature))).toBe(false)
      expect(standInSignatures.verify(flip(publicKey), message, signature)).toBe(false)
      if (message.length > 0)
        expect(standInSignatures.verify(publicKey, flip(message), signature)).toBe(false)
      expect(standInSignatures.verify(publicKey, Uint8Array.of(...message, 0), signature)).toBe(false)
    }),
    { numRuns: 1000 },
  )
})

test('different signers and messages have different signatures', () => {
  fc.assert(
    fc.property(arbKey, arbKey, arbMessage, arbMessage, (a, b, first, second) => {
      const isSame = a === b && toHex(first) === toHex(second)
      const signatures = [
        standInSignatures.sign(a.secretKey, first),
        standInSignatures.sign(b.secretKey, second),
      ]
      expect(toHex(signatures[0]!) === toHex(signatures[1]!)).toBe(isSame)
      expect(standInSignatures.verify(b.publicKey, second, signatures[0]!)).toBe(isSame)
    }),
    { numRuns: 1000 },
  )
})

test('is pinned, and depends on the secret’s bytes only', () => {
  const signature = toHex(standInSignatures.sign(new Uint8Array(32).fill(1), ascii('message')))
  expect(signature).toBe(toHex(standInSignatures.sign(secrets[0]!, ascii('message'))))
  expect(signature).toBe(
    '442f50b3a186407d5a9f3a62d2475ea2d7c30da79da08e15219152387af5b821b4e190b868623546c78a56882f398803d0a68a067c9a9619c4b37b43d18fdd15',
  )
})

test('malformed input is false', () => {
  const signature = standInSignatures.sign(secrets[0]!, ascii('m'))
  expect(standInSignatures.verify(keys[0]!.publicKey, ascii('m'), signature.slice(1))).toBe(false)
  expect(standInSignatures.verify(fromHex(''), ascii('m'), signature)).toBe(false)
})
