import type { PhysicalBlock, Queries } from '@groundwork/physical-core'
import { assert, type Hash } from '@groundwork/primitives'
import type { HybridFollower, PhysicalStep } from './follower.ts'

/** Derived at once, between two looks at what follows. */
const partBlocks = 256

/**
 * What the follower lacks of the core's best branch, oldest first; null if it knows nothing that the core still holds:
 * then `rewind` to a snapshot, or to genesis and the blocks below with `createChainReader`.
 */
export function missingBlocks(
  follower: Pick<HybridFollower, 'knows'>,
  core: Pick<Queries, 'tip' | 'hashAt' | 'heights'>,
): Hash[] | null {
  const hashes: Hash[] = []
  const { root } = core.heights()
  for (let { height } = core.tip(); height >= root; height--) {
    const hash = core.hashAt(height)!
    if (follower.knows(hash)) return hashes
    hashes.unshift(hash)
  }
  return null
}

/** Steps that bring the follower to the last of these blocks. `blocks` are what the store has under `hashes`. */
export function stepsTo(
  core: Pick<Queries, 'chainOf'>,
  hashes: readonly Hash[],
  blocks: readonly PhysicalBlock[],
): PhysicalStep[] {
  const inputs = hashes.map((hash, i) => {
    const chain = core.chainOf(hash)
    assert(chain !== null && blocks[i] !== undefined, 'blocks of the best branch are held')
    return { block: blocks[i], hash, epoch: chain.epoch }
  })
  const steps: PhysicalStep[] = []
  for (let from = 0; from < inputs.length; from += partBlocks)
    steps.push({ adopted: inputs.slice(from, from + partBlocks), more: from + partBlocks < inputs.length })
  return steps
}
