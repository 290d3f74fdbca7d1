import type { DeriveContext } from '@groundwork/hybrid-core'
import { type Bytes, equal, toHex } from '@groundwork/primitives'
import type { Verify } from '@groundwork/stake-core'

interface Verified {
  readonly publicKey: Bytes
  readonly message: Bytes
}

/** Half of it is 39 physical blocks' worth at fifty transfers a second: more than FAST can be behind. Nine megabytes. */
const verifiedMax = 16_384

/**
 * Remembers signatures that were found good, so that admission, the stake chain, derivation and re-derivation together
 * verify each one once. Bad ones are not remembered: they are rare, and anybody can make them. Share one per node.
 */
export function verifiedSignatures(verify: Verify, max: number = verifiedMax): Verify {
  // The older half is dropped at once, so that nothing is moved on a hit.
  let young = new Map<string, Verified>()
  let old = new Map<string, Verified>()
  return (publicKey, message, signature) => {
    const key = toHex(signature)
    const known = young.get(key) ?? old.get(key)
    if (known !== undefined && equal(known.publicKey, publicKey) && equal(known.message, message)) return true
    if (!verify(publicKey, message, signature)) return false
    if (young.size >= max / 2) {
      old = young
      young = new Map()
    }
    young.set(key, { publicKey, message })
    return true
  }
}

/** The same for proofs of space: votes are judged on every tip until they are counted. */
export function verifiedProofs(
  verify: DeriveContext['verifySpace'],
  max: number = 4096,
): DeriveContext['verifySpace'] {
  const good = new Set<string>()
  return (check) => {
    const key = `${toHex(check.plotId)}:${check.k}:${toHex(check.challenge)}:${toHex(check.proof)}`
    if (good.has(key)) return true
    if (!verify(check)) return false
    if (good.size >= max) good.clear()
    good.add(key)
    return true
  }
}
