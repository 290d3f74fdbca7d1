import { type Bytes, encode, type Hash, hash } from '@groundwork/primitives'

/** To be printed by whatever runs without a VDF. */
export const withoutVdfWarning =
  'vdf: none. Slots cost no time to compute, so long-range security is void: anybody can rewrite all of history at once.'

/**
 * The challenge of a slot in the profile `vdf: none`, H(beacon, slot), in place of a VDF's output. For continuous
 * integration only. Long-range security is void with it: computing a slot takes no time, so whoever wants another history
 * computes it at once, as far back as wanted. Whatever uses it prints `withoutVdfWarning`.
 */
export function challengeWithoutVdf(beacon: Bytes, slot: number): Hash {
  return hash(
    'groundwork/vdf/none/1',
    encode((out) => {
      out.bytes(beacon)
      out.u64(slot)
    }),
  )
}
