import { type Bytes, encode, type Hash, hash } from '@groundwork/primitives'
import { groupBytes, type PhysicalEpoch, type PlotId, type Slot } from './types.ts'

/** PC2. What names and starts the challenge chain of an epoch. */
export function seedOf(epoch: PhysicalEpoch, trunkHash: Hash): Hash {
  return hash(
    'groundwork/physical-seed/1',
    encode((out) => {
      out.u64(epoch)
      out.fixed(trunkHash, 32)
    }),
  )
}

/** c_s, of a slot: the same for all plots, and for all forks that share the epoch's seed. */
export function slotChallengeOf(y: Bytes): Hash {
  return hash('groundwork/slot-challenge/1', y)
}

/** What a plot's proof of space in a slot answers. */
export function plotChallengeOf(plotId: PlotId, slotChallenge: Hash): Hash {
  return hash('groundwork/plot-challenge/1', plotId, slotChallenge)
}

/** Challenges that a registration may answer, one of `registrationAttempts`. */
export function registrationChallengeOf(chainId: Hash, plotId: PlotId, attempt: number): Hash {
  return hash('groundwork/registration-challenge/1', chainId, plotId, Uint8Array.of(attempt))
}

/** A plot of k = 16 has no proof for about a third of all challenges: for all of sixteen, one plot in 10^8. */
export const registrationAttempts = 16

/** The y of a slot without a VDF: H(seed, slot), as the last bytes of a group element. */
export function yWithoutVdf(seed: Hash, slot: Slot): Bytes {
  const y = new Uint8Array(groupBytes)
  const beacon = hash(
    'groundwork/vdf/none/1',
    encode((out) => {
      out.bytes(seed)
      out.u64(slot)
    }),
  )
  y.set(beacon, groupBytes - beacon.length)
  return y
}
