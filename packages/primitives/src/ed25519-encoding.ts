import { type Bytes, fromHex } from './bytes.ts'

/** L, the order of the prime-order subgroup, little-endian. */
const order = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010')
/** p = 2^255 - 19, the order of the field, little-endian. */
const prime = fromHex('edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f')

/**
 * The y coordinates of the eight points of small order (RFC 7748 section 7 has their Montgomery images): 1 the identity,
 * -1 order two, 0 order four, the rest order eight. Each may carry either sign bit.
 */
const smallOrder: readonly Bytes[] = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => fromHex(hex, 32))

/**
 * True if a 64-byte signature has S below L, and an R that is canonical and not of small order: asked before every
 * verification, since libraries and their releases differ on such signatures. Decodes no point: well under 1 µs.
 */
export function isCanonicalSignature(signature: Bytes): boolean {
  return signature.length === 64 && isBelow(signature, 32, 0xff, order) && isOrdinaryPoint(signature)
}

/**
 * True if 32 bytes are canonical and not of small order, as far as can be told without decoding a point: asked before
 * verifying with a key that nobody registered, since releases of OpenSSL differ on small-order keys.
 */
export function isCanonicalPublicKey(publicKey: Bytes): boolean {
  return publicKey.length === 32 && isOrdinaryPoint(publicKey)
}

/** Looks at the first 32 bytes. */
function isOrdinaryPoint(encoded: Bytes): boolean {
  return isBelow(encoded, 0, 0x7f, prime) && !smallOrder.some((y) => isSameY(encoded, y))
}

/** Compares 32 little-endian bytes at `offset`, the last of them masked, with `limit`. */
function isBelow(bytes: Bytes, offset: number, lastMask: number, limit: Bytes): boolean {
  for (let i = 31; i >= 0; i--) {
    const value = (bytes[offset + i] as number) & (i === 31 ? lastMask : 0xff)
    const bound = limit[i] as number
    if (value !== bound) return value < bound
  }
  return false
}

function isSameY(encoded: Bytes, y: Bytes): boolean {
  for (let i = 0; i < 31; i++) if (encoded[i] !== y[i]) return false
  return ((encoded[31] as number) & 0x7f) === y[31]
}
