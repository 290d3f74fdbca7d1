import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { type Bytes, concat, equal } from './bytes.ts'
import { isCanonicalPublicKey, isCanonicalSignature } from './ed25519-encoding.ts'

export interface KeyPair {
  /** 32 bytes, the RFC 8032 seed. */
  readonly secretKey: Bytes
  /** 32 bytes. */
  readonly publicKey: Bytes
}

/** Signs and verifies: the port through which a core or a host reaches its signature scheme. */
export interface SignatureScheme {
  /** What a run says it used; `stand-in` marks a keyed hash that only a simulation may use. */
  readonly name: 'ed25519' | 'stand-in'
  /** `secretKey` is the 32-byte seed; gives 64 bytes. */
  sign(secretKey: Bytes, message: Bytes): Bytes
  /** Total: false on anything malformed. Validators' keys were checked (`isSafePublicKey`) when they were registered. */
  verify(publicKey: Bytes, message: Bytes, signature: Bytes): boolean
}

export function keyPair(secretKey: Bytes): KeyPair {
  return { secretKey, publicKey: ed25519.getPublicKey(secretKey) }
}

/**
 * True for a public key that may be registered: a canonical encoding of a point of the prime-order subgroup other than
 * its identity. Costs milliseconds: asked once per key, never per signature.
 */
export function isSafePublicKey(publicKey: Bytes): boolean {
  const point = decodePoint(publicKey)
  return point !== undefined && !point.isSmallOrder() && point.isTorsionFree()
}

/**
 * RFC 8032 section 5.1.7 without the cofactor: [S]B = R + [k]A, with canonical A, R and S; A and R not of small order.
 * This is the one meaning of a valid signature here; noble's own `verify` multiplies by the cofactor and accepts more.
 */
export function verifyCofactorless(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  if (!isCanonicalPublicKey(publicKey) || !isCanonicalSignature(signature)) return false
  const a = decodePoint(publicKey)
  if (a === undefined) return false
  const r = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  const k = littleEndian(sha512(concat(r, publicKey, message))) % ed25519.Point.Fn.ORDER
  const expected = ed25519.Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k))
  return equal(expected.toBytes(), r)
}

/** Noble's signer with `verifyCofactorless`: slow, the yardstick for every other implementation. */
export const referenceSignatures: SignatureScheme = {
  name: 'ed25519',
  sign: (secretKey, message) => ed25519.sign(message, secretKey),
  verify: verifyCofactorless,
}

function decodePoint(bytes: Bytes): ReturnType<typeof ed25519.Point.fromBytes> | undefined {
  try {
    // Strict decoding: y below p, and no sign bit where x is 0.
    return ed25519.Point.fromBytes(bytes, false)
  } catch {
    return undefined
  }
}

function littleEndian(bytes: Bytes): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number)
  return value
}
