import { readFileSync } from 'node:fs'
import { ed25519 } from '@noble/curves/ed25519.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nodeSignatures } from '../../host/src/node-signatures.ts'
import {
  type Bytes,
  fromHex,
  isCanonicalPublicKey,
  isCanonicalSignature,
  isSafePublicKey,
  keyPair,
  referenceSignatures,
  toHex,
  verifyCofactorless,
} from '../src/index.ts'
import { type EdgeCase, edgeCases } from './ed25519-edge-cases.ts'
import { rfc8032 } from './rfc8032.ts'

async function webCryptoVerify(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean> {
  if (!isCanonicalPublicKey(publicKey) || !isCanonicalSignature(signature)) return false
  try {
    const key = await crypto.subtle.importKey('raw', new Uint8Array(publicKey), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, new Uint8Array(signature), new Uint8Array(message))
  } catch {
    return false
  }
}

const corpus = new URL('../../../test/vectors/ed25519-edge-cases.json', import.meta.url)
const rows: readonly EdgeCase[] = JSON.parse(readFileSync(corpus, 'utf8'))

describe('the corpus of edge cases', () => {
  test('is what its generator makes', () => {
    expect(rows).toEqual(edgeCases())
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length)
  })

  test.each(rows)('$name', async ({ publicKey, message, signature, ...truth }) => {
    const [key, text, tag] = [fromHex(publicKey), fromHex(message), fromHex(signature)] as const
    expect(isSafePublicKey(key)).toBe(truth.safeKey)
    expect(isCanonicalPublicKey(key)).toBe(truth.canonicalKey)
    expect(isCanonicalSignature(tag)).toBe(truth.canonicalSignature)
    const accepted = truth.canonicalKey && truth.canonicalSignature && truth.equation
    expect(verifyCofactorless(key, text, tag)).toBe(accepted)
    expect(nodeSignatures.verify(key, text, tag)).toBe(accepted)
    expect(await webCryptoVerify(key, text, tag)).toBe(accepted)
  })

  test('has teeth: without our rules, libraries disagree on it', () => {
    const nobleAccepts = rows.filter(({ publicKey, message, signature }) => {
      try {
        return ed25519.verify(fromHex(signature), fromHex(message), fromHex(publicKey), { zip215: false })
      } catch {
        return false
      }
    })
    const refused = nobleAccepts.filter(
      (row) => !(row.canonicalKey && row.canonicalSignature && row.equation),
    )
    expect(refused.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['R of mixed order 1', 'R of small order 3', 'A of mixed order, torsion stays']),
    )
    // Keys that only the check at registration keeps out.
    expect(rows.some((row) => !row.safeKey && row.canonicalKey && row.equation)).toBe(true)
  })
})

test.each(rfc8032)('$name: keys and signatures', ({ secretKey, publicKey, message, signature }) => {
  expect(toHex(keyPair(fromHex(secretKey)).publicKey)).toBe(publicKey)
  expect(toHex(referenceSignatures.sign(fromHex(secretKey), fromHex(message)))).toBe(signature)
})

const arbSecret = fc.uint8Array({ minLength: 32, maxLength: 32 })
const arbMessage = fc.uint8Array({ maxLength: 200 })

test('what is signed verifies everywhere; one changed bit, and nowhere', async () => {
  await fc.assert(
    fc.asyncProperty(arbSecret, arbMessage, fc.nat(511), async (secretKey, message, bit) => {
      const { publicKey } = keyPair(secretKey)
      const signature = referenceSignatures.sign(secretKey, message)
      const changed = signature.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      for (const [candidate, expected] of [[signature, true] as const, [changed, false] as const]) {
        expect(referenceSignatures.verify(publicKey, message, candidate)).toBe(expected)
        expect(nodeSignatures.verify(publicKey, message, candidate)).toBe(expected)
        expect(await webCryptoVerify(publicKey, message, candidate)).toBe(expected)
      }
    }),
    { numRuns: 30 },
  )
})

test('canonical means exactly: S below L, y below p, not one of the small-order points', () => {
  const { Point } = ed25519
  const edge = [0n, 1n, 2n, 18n, 19n].flatMap((delta) => [
    delta,
    2n ** 255n - 19n - delta,
    2n ** 255n - 1n - delta,
  ])
  const arbY = fc.oneof(
    fc.constantFrom(...edge.filter((y) => y >= 0n)),
    fc.bigInt({ min: 0n, max: 2n ** 255n - 1n }),
  )
  const order = Point.Fn.ORDER
  const arbS = fc.oneof(
    fc.bigInt({ min: order - 3n, max: order + 3n }),
    fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
    fc.bigInt({ min: 0n, max: order - 1n }),
  )
  const bytes32 = (value: bigint) => fromHex(value.toString(16).padStart(64, '0')).toReversed()
  fc.assert(
    fc.property(arbY, arbS, fc.boolean(), (y, s, sign) => {
      const r = bytes32(y + (sign ? 2n ** 255n : 0n))
      const expected = s < order && y < 2n ** 255n - 19n && !isSmallOrder(y)
      expect(isCanonicalSignature(Uint8Array.from([...r, ...bytes32(s)]))).toBe(expected)
    }),
    { numRuns: 2000 },
  )
  function isSmallOrder(y: bigint): boolean {
    try {
      return Point.fromBytes(bytes32(y), true).isSmallOrder()
    } catch {
      return false
    }
  }
})
