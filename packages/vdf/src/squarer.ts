import { constants, createPublicKey, type KeyObject, publicEncrypt } from 'node:crypto'
import { type Bytes, equal } from '@groundwork/primitives'
import { decodeResidue, encodeResidue, hashToGroup, modulus } from './verify/group.ts'

export type SquarerPath = 'openssl' | 'bigint'

/** Squares residues modulo N, which are 256 bytes, big-endian and not canonical: the sign is settled at the end. */
export interface Squarer {
  /** Which arithmetic answers; may change from openssl to bigint if OpenSSL ever refuses. */
  readonly path: SquarerPath
  /** `residue`^(2^times); between 1 and `distance` times. Makes no checks. */
  square(residue: Bytes, times: number): Bytes
}

/**
 * Squarings between two checkpoints. A call of OpenSSL costs as much as some 20 squarings, so evaluating wants it long;
 * proving wants it short (see `windowBits`). From 256 to 512 both together cost the same within 5 %; the output is what
 * others wait for.
 */
export const distance = 512

export function bigIntSquarer(): Squarer {
  return {
    path: 'bigint',
    square(residue, times) {
      let value = decodeResidue(residue)
      for (let i = 0; i < times; i++) value = (value * value) % modulus
      return encodeResidue(value)
    },
  }
}

/**
 * Squares in OpenSSL, which Node exposes only through RSA: "encrypting" without padding under the exponent 2^times is
 * that many Montgomery squarings in one call. Such an exponent is no RSA key, and a version of OpenSSL may refuse it:
 * either function may throw, and only `chooseSquarer` should be trusted.
 */
export function openSslSquarer(): Squarer {
  const n = encodeBase64Url(encodeResidue(modulus))
  const keys = new Map<number, KeyObject>()
  const keyOf = (times: number): KeyObject => {
    let key = keys.get(times)
    if (key === undefined) {
      const e = encodeBase64Url(powerOfTwoBytes(times))
      key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' })
      keys.set(times, key)
    }
    return key
  }
  keyOf(distance)
  return {
    path: 'openssl',
    square: (residue, times) =>
      publicEncrypt({ key: keyOf(times), padding: constants.RSA_NO_PADDING }, residue),
  }
}

/**
 * The fast squarer if it passes a self-test against BigInt (some 5 ms), the slow one otherwise. If the fast one throws
 * later, the slow one takes over for good. `makeFast` is for tests.
 */
export function chooseSquarer(makeFast: () => Squarer = openSslSquarer): Squarer {
  const slow = bigIntSquarer()
  let current = slow
  try {
    const fast = makeFast()
    if (agree(fast, slow)) current = fast
  } catch {
    // Refused: that is what the slow one is for.
  }
  return {
    get path() {
      return current.path
    },
    square(residue, times) {
      try {
        return current.square(residue, times)
      } catch (error) {
        if (current === slow) throw error
        current = slow
        return slow.square(residue, times)
      }
    },
  }
}

/** Ordinary and extreme residues (leading zeros before and after), whole stretches and remainders of them. */
function agree(fast: Squarer, slow: Squarer): boolean {
  const ordinary = hashToGroup(new Uint8Array(0))
  const residues = [ordinary, encodeResidue(2n), encodeResidue(modulus - 1n)]
  return residues.every((residue) =>
    [1, 2, 77, distance - 1, distance].every((times) =>
      equal(fast.square(residue, times), slow.square(residue, times)),
    ),
  )
}

function powerOfTwoBytes(exponent: number): Bytes {
  const bytes = new Uint8Array(Math.floor(exponent / 8) + 1)
  bytes[0] = 1 << (exponent % 8)
  return bytes
}

function encodeBase64Url(bytes: Bytes): string {
  return Buffer.from(bytes).toString('base64url')
}
