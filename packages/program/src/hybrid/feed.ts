import type { PhysicalInput } from '@groundwork/hybrid-core'
import type { HybridFollower } from '@groundwork/hybrid-host'
import { createChainReader, missingBlocks, type PhysicalStep, stepsTo } from '@groundwork/hybrid-host'
import type { CheckedBlock } from '@groundwork/physical-core'
import { CodedError, equal } from '@groundwork/primitives'
import type { PhysicalNode } from '../physical/node.ts'

type Chain = Pick<PhysicalNode, 'rules' | 'core' | 'store'>

const partBlocks = 64

/**
 * What brings a follower to the tip of the best chain, read as it is taken. `rewind`: nothing of the branch that the core
 * holds is known to the follower; it begins again at a snapshot (true), or at genesis.
 */
export async function* wayToTip(
  chain: Chain,
  follower: Pick<HybridFollower, 'knows' | 'state'>,
  rewind: () => boolean,
): AsyncGenerator<PhysicalStep, void> {
  const { core, store } = chain
  let hashes = missingBlocks(follower, core)
  if (hashes === null && rewind()) hashes = missingBlocks(follower, core)
  if (hashes === null) return yield* wholeChain(chain)
  const { hash: tip } = core.tip()
  // A tip that was derived before: the branch goes back to it.
  if (hashes.length === 0 && !equal(follower.state.hash, tip)) hashes.push(tip)
  for (let from = 0; from < hashes.length; from += partBlocks) {
    const part = hashes.slice(from, from + partBlocks)
    const blocks: CheckedBlock['block'][] = []
    for (const hash of part) blocks.push(held(await store.blockByHash(hash)).block)
    const [{ adopted }] = stepsTo(core, part, blocks) as [PhysicalStep]
    yield { adopted, more: from + partBlocks < hashes.length }
  }
}

/** From genesis: what the core keeps does not reach down to anything that the follower has. */
async function* wholeChain({ rules, core, store }: Chain): AsyncGenerator<PhysicalStep, void> {
  const reader = createChainReader(rules)
  const { root, tip } = core.heights()
  // What the core holds may move meanwhile; what is below does not.
  const newest = Array.from({ length: tip - root + 1 }, (_, i) => core.hashAt(root + i))
  let adopted: PhysicalInput[] = []
  for (let height = 1; height <= tip; height++) {
    const hash = height < root ? await store.hashAt(height) : newest[height - root]
    adopted.push(reader.next(held(hash == null ? undefined : await store.blockByHash(hash))))
    if (adopted.length < partBlocks && height < tip) continue
    yield { adopted, more: height < tip }
    adopted = []
  }
}

function held(block: CheckedBlock | undefined): CheckedBlock {
  if (block === undefined)
    throw new CodedError(
      'STORE_CORRUPT',
      'the database lacks a block of its best physical chain; remove it to fetch the chain again',
    )
  return block
}
