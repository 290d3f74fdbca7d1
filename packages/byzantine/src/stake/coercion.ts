import type { Bytes } from '@groundwork/primitives'
import type { Peer } from '@groundwork/stake-core'

/**
 * What a coerced validator may be made to do.
 * - censor: leaves transactions to or from the target out, and gives no vote to blocks with one, forced or not.
 * - withhold: gives no NOTAR and no FINAL votes.
 * - stall: sends nothing on the stake chain.
 * - stale-anchor: proposes with its parent's anchor, and votes for blocks with stale ones.
 * - omit-forced: proposes, and votes for, blocks that do not execute the forced transactions of their range.
 * - bad-state: proposes, and votes for, blocks whose state holds a coin more than it should.
 * - withhold-bodies: shows proposals to its accomplices only; certificates reach everybody.
 */
export const stakeBehaviours = [
  'censor',
  'withhold',
  'stall',
  'stale-anchor',
  'omit-forced',
  'bad-state',
  'withhold-bodies',
] as const
export type StakeBehaviour = (typeof stakeBehaviours)[number]

/** What somebody makes a validator do now; asked again at every turn, for coercion begins and ends. */
export interface StakeCoercion {
  does(behaviour: StakeBehaviour): boolean
  /** The account that censors are after. */
  readonly target: Bytes | null
  /** Coerced by the same. */
  isAccomplice(peer: Peer): boolean
}
