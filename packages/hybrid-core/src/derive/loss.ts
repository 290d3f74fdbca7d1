import { toHex } from '@groundwork/primitives'
import type { Epoch } from '@groundwork/stake-core'
import type { Key } from '../mode/index.ts'
import type { Execution } from '../stake/index.ts'

/** Stake that stands behind a certificate of the epoch: what its signers would lose, as far as it is still there. */
export function bondedOf(epoch: Epoch, signers: readonly Key[], { stake }: Execution): number {
  const weights = new Map(
    epoch.validators.validators.map(({ publicKey, weight }) => [toHex(publicKey), weight]),
  )
  const held = new Map<Key, number>()
  for (const { validator, amount } of stake.lots.values())
    held.set(validator, (held.get(validator) ?? 0) + amount)
  let bonded = 0
  for (const key of new Set(signers)) bonded += Math.min(weights.get(key) ?? 0, held.get(key) ?? 0)
  return bonded
}

/**
 * Stake certain to be burnt if a conflicting certificate ever shows up: that one has weight q too, so at least
 * bonded + q - W of the signers signed both. In units of stake; a price is somebody else's matter.
 */
export function valueAtLoss(epoch: Epoch, signers: readonly Key[], now: Execution): number {
  return certainLoss(bondedOf(epoch, signers, now), epoch)
}

/** The same for signers with so much at stake. */
export function certainLoss(bonded: number, { validators: { quorum, total } }: Epoch): number {
  return Math.max(0, bonded + quorum - total)
}

/**
 * What a reorganisation of the physical chain to below an anchored block costs besides: space times time. Nobody is
 * slashed for it, so it is a number of its own, never added to the value at loss.
 */
export function spaceTimeCost(depth: number, slotMs: number, space: bigint): bigint {
  return BigInt(depth) * BigInt(slotMs) * space
}
