import { type DeriveState, keysAround } from '@groundwork/hybrid-core'
import type { HybridFollower } from '@groundwork/hybrid-host'
import { type Bytes, toHex } from '@groundwork/primitives'

/**
 * Who may connect without being named in the configuration: whoever the physical chain has in the set of the running
 * epoch or of the next one, that is from the epoch before its first.
 */
export function admitsValidators(
  follower: Pick<HybridFollower, 'context' | 'state'>,
): (publicKey: Bytes) => boolean {
  let seen: DeriveState | undefined
  let keys: ReadonlySet<string> = new Set()
  return (publicKey) => {
    if (follower.state !== seen) {
      seen = follower.state
      keys = keysAround(follower.context, seen)
    }
    return keys.has(toHex(publicKey))
  }
}
