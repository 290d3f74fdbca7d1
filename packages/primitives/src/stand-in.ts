import type { Bytes } from './bytes.ts'
import { keyPair, type SignatureScheme } from './ed25519.ts'

/**
 * A keyed checksum in the place of ed25519, for simulations only: it needs the public key alone, so anyone could forge.
 * Simulated adversaries do not, and a wrong signer, message or changed byte is found as with a real signature. It takes
 * the same keys as ed25519, so that one genesis serves simulated and real runs.
 */
export const standInSignatures: SignatureScheme = {
  name: 'stand-in',
  sign(secretKey, message) {
    return tag(publicKeyOf(secretKey), message)
  },
  verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false
    const expected = tag(publicKey, message)
    for (let i = 0; i < 64; i++) if (expected[i] !== signature[i]) return false
    return true
  },
}

/** By identity of the secret: deriving a public key takes most of a millisecond. */
const publicKeys = new WeakMap<Bytes, Bytes>()

function publicKeyOf(secretKey: Bytes): Bytes {
  const known = publicKeys.get(secretKey)
  if (known !== undefined) return known
  const { publicKey } = keyPair(secretKey)
  publicKeys.set(secretKey, publicKey)
  return publicKey
}

/** 64 bytes from two 32-bit lanes (murmur-style) over key and message, stretched by a counter. */
function tag(key: Bytes, message: Bytes): Bytes {
  let a = 0x243f_6a88 ^ message.length
  let b = 0x85a3_08d3
  const absorb = (bytes: Bytes) => {
    for (let i = 0; i < bytes.length; i += 4) {
      // Bytes past the end read as undefined, which the shifts take for 0; the length is already in the state.
      const word =
        (bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24)
      a = Math.imul(a ^ word, 0xcc9e_2d51)
      a = ((a << 15) | (a >>> 17)) + b
      b = Math.imul(b ^ a, 0x1b87_3593)
      b = ((b << 13) | (b >>> 19)) ^ word
    }
  }
  absorb(key)
  absorb(message)
  const out = new Uint8Array(64)
  for (let i = 0; i < 64; i += 4) {
    a = finish(a + b + i)
    b = finish(b ^ a)
    out[i] = a
    out[i + 1] = a >>> 8
    out[i + 2] = a >>> 16
    out[i + 3] = a >>> 24
  }
  return out
}

function finish(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35)
  return h ^ (h >>> 16)
}
