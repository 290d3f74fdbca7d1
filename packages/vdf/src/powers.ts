import { type Bytes, fromHex } from '@groundwork/primitives'
import { openSslPower } from './openssl.ts'
import { trust } from './trust.ts'
import { decodeResidue, hashToGroup, modulus } from './verify/group.ts'
import { bigIntPowers, type Powers } from './verify/power.ts'

/** Below, the call costs more than the work. */
const leastModulus = 1n << 128n

/**
 * Powers by OpenSSL where it has any (see `openSslPower`), by BigInt elsewhere. Either function may throw, and only
 * `choosePowers` should be trusted.
 */
export function openSslPowers(): Powers {
  // A key costs as much as a small power, and the rounds of Miller-Rabin have one in common.
  let held: { readonly exponent: bigint; readonly m: bigint; raise(residue: Bytes): Bytes } | undefined
  const power: Powers['power'] = (base, exponent, m) => {
    if (m < leastModulus || (m & 1n) === 0n || exponent < 1n || exponent >= m) {
      return bigIntPowers.power(base, exponent, m)
    }
    if (held === undefined || held.exponent !== exponent || held.m !== m) {
      held = { exponent, m, raise: openSslPower(integerBytes(m), integerBytes(exponent)) }
    }
    return decodeResidue(held.raise(integerBytes(base % m, lengthOf(m))))
  }
  return {
    path: 'openssl',
    power,
    powerProduct: (a, i, b, j, m) => (power(a, i, m) * power(b, j, m)) % m,
  }
}

/**
 * The fast powers if they pass a self-test against BigInt (some 20 ms in a cold process), the slow ones otherwise. If the
 * fast ones throw later, the slow ones take over for good. `makeFast` is for tests.
 */
export function choosePowers(makeFast: () => Powers = openSslPowers): Powers {
  const trusted = trust<Powers>({ slow: bigIntPowers, makeFast, agree })
  return {
    get path() {
      return trusted.current.path
    },
    power: (...of) => trusted.use((powers) => powers.power(...of)),
    powerProduct: (...of) => trusted.use((powers) => powers.powerProduct(...of)),
  }
}

/** What verifying and proving ask for: extreme and ordinary bases; exponents that are small, a challenge's, a digit's. */
function agree(fast: Powers, slow: Powers): boolean {
  const ordinary = decodeResidue(hashToGroup(new Uint8Array(0)))
  const challenge = 2n ** 136n - 113n
  const digit = 2n ** 512n - 569n
  const powers = [modulus, challenge].flatMap((m) =>
    [0n, 1n, 2n, m - 1n, ordinary].flatMap((base) =>
      [0n, 1n, 2n, (challenge - 1n) / 2n].map((exponent) => [base, exponent, m] as const),
    ),
  )
  const product = [ordinary, challenge, ordinary - 1n, challenge - 1n, modulus] as const
  return (
    [...powers, [ordinary, digit, modulus] as const].every((of) => fast.power(...of) === slow.power(...of)) &&
    fast.powerProduct(...product) === slow.powerProduct(...product)
  )
}

function lengthOf(value: bigint): number {
  return Math.ceil(value.toString(16).length / 2)
}

function integerBytes(value: bigint, length: number = lengthOf(value)): Bytes {
  return fromHex(value.toString(16).padStart(2 * length, '0'))
}
