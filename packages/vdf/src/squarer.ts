import { type Bytes, equal } from '@groundwork/primitives'
import { openSslPower } from './openssl.ts'
import { trust } from './trust.ts'
import { decodeResidue, encodeResidue, hashToGroup, modulus } from './verify/group.ts'
import type { ArithmeticPath } from './verify/power.ts'

/** Squares residues modulo N, which are 256 bytes, big-endian and not canonical: the sign is settled at the end. */
export interface Squarer {
  /** Which arithmetic answers; may change from openssl to bigint if OpenSSL ever refuses. */
  readonly path: ArithmeticPath
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

/** Either function may throw (see `openSslPower`), and only `chooseSquarer` should be trusted. */
export function openSslSquarer(): Squarer {
  const n = encodeResidue(modulus)
  const powers = new Map<number, (residue: Bytes) => Bytes>()
  const powerOf = (times: number): ((residue: Bytes) => Bytes) => {
    let power = powers.get(times)
    if (power === undefined) {
      power = openSslPower(n, powerOfTwoBytes(times))
      powers.set(times, power)
    }
    return power
  }
  powerOf(distance)
  return { path: 'openssl', square: (residue, times) => powerOf(times)(residue) }
}

/**
 * The fast squarer if it passes a self-test against BigInt (some 5 ms), the slow one otherwise. If the fast one throws
 * later, the slow one takes over for good. `makeFast` is for tests.
 */
export function chooseSquarer(makeFast: () => Squarer = openSslSquarer): Squarer {
  const trusted = trust({ slow: bigIntSquarer(), makeFast, agree })
  return {
    get path() {
      return trusted.current.path
    },
    square: (residue, times) => trusted.use((squarer) => squarer.square(residue, times)),
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
