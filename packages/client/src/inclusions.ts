import { decodeForced, type PhysicalInput } from '@groundwork/hybrid-core'
import { transactionId } from '@groundwork/ledger'
import type { Item } from '@groundwork/physical-core'
import { CodedError, forgetOldest, type Hash, type Hex, toHex } from '@groundwork/primitives'
import type { Inclusion } from './report.ts'
import type { VerifiedBlock } from './stake-chain.ts'

/** Which block has a transaction, as far as it is remembered. */
export interface Inclusions {
  stake(blocks: readonly VerifiedBlock[]): void
  physical(blocks: readonly PhysicalInput[]): void
  /** Blocks that left the best physical chain. */
  reverted(hashes: readonly Hash[]): void
  of(id: Hash): Inclusion | null
}

/** Of each chain. */
const maxRemembered = 65_536

/** Remembers the transactions of the newest blocks. What was in a block may be in several: forced in, and ordered by the stake chain. */
export function createInclusions(): Inclusions {
  const byStake = new Map<Hex, Inclusion>()
  const byPhysical = new Map<Hex, Inclusion & { readonly hash: Hash }>()

  return {
    stake(blocks) {
      for (const { admitted, height, hash } of blocks)
        for (const { id } of admitted.transactions)
          remember(byStake, toHex(id), { by: 'stake', height, hash })
    },
    physical(blocks) {
      for (const { block, hash } of blocks) {
        for (const id of forcedIn(block.items)) {
          const { height } = block.foliage
          remember(byPhysical, toHex(id), { by: 'physical', height, hash, code: null })
        }
      }
    },
    reverted(hashes) {
      const gone = new Set(hashes.map((hash) => toHex(hash)))
      for (const [key, { hash }] of byPhysical) if (gone.has(toHex(hash))) byPhysical.delete(key)
    },
    of: (id) => byStake.get(toHex(id)) ?? byPhysical.get(toHex(id)) ?? null,
  }
}

function forcedIn(items: readonly Item[]): Hash[] {
  const ids: Hash[] = []
  for (const item of items) {
    if (item.kind !== 'forced-transaction') continue
    try {
      ids.push(transactionId(decodeForced(item.bytes)))
    } catch (error) {
      // Anybody may put anything there; it counts for nothing.
      if (!(error instanceof CodedError)) throw error
    }
  }
  return ids
}

function remember<V>(map: Map<Hex, V>, key: Hex, value: V): void {
  map.delete(key)
  map.set(key, value)
  forgetOldest(map, maxRemembered)
}
