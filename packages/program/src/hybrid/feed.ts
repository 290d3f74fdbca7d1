import type { PhysicalInput } from '@groundwork/hybrid-core'
import type { HybridFollower } from '@groundwork/hybrid-host'
import { createChainReader, missingBlocks, type PhysicalStep, stepsTo } from '@groundwork/hybrid-host'
import type { CheckedBlock } from '@groundwork/physical-core'
import { CodedError, equal } from '@groundwork/primitives'
import type { PhysicalNode } from '../physical/node.ts'

type Chain = Pick<PhysicalNode, 'rules' | 'core' | 'store'>

const partBlocks = 256

/** What brings a follower to the tip of the best chain; `fromGenesis`: it has to begin anew, since nothing above is known. */
export interface Way {
  readonly fromGenesis: boolean
  readonly steps: readonly PhysicalStep[]
}

export async function wayToTip(
  chain: Chain,
  follower: Pick<HybridFollower, 'knows' | 'state'>,
): Promise<Way> {
  const { core, store } = chain
  const hashes = missingBlocks(follower, core)
  if (hashes === null) return { fromGenesis: true, steps: partsOf(await readAll(chain)) }
  const { hash: tip } = core.tip()
  // A tip that was derived before: the branch goes back to it.
  if (hashes.length === 0 && !equal(follower.state.hash, tip)) hashes.push(tip)
  const blocks: CheckedBlock['block'][] = []
  for (const hash of hashes) blocks.push(held(await store.blockByHash(hash)).block)
  return { fromGenesis: false, steps: stepsTo(core, hashes, blocks) }
}

/** The whole best chain: what the core keeps does not reach down to anything that the follower has. */
async function readAll({ rules, core, store }: Chain): Promise<PhysicalInput[]> {
  const reader = createChainReader(rules)
  const inputs: PhysicalInput[] = []
  const { tip } = core.heights()
  for (let height = 1; height <= tip; height++) {
    const hash = await store.hashAt(height)
    inputs.push(reader.next(held(hash && (await store.blockByHash(hash)))))
  }
  return inputs
}

function partsOf(inputs: readonly PhysicalInput[]): PhysicalStep[] {
  const steps: PhysicalStep[] = []
  for (let from = 0; from < inputs.length; from += partBlocks)
    steps.push({ adopted: inputs.slice(from, from + partBlocks), more: from + partBlocks < inputs.length })
  return steps
}

function held(block: CheckedBlock | undefined): CheckedBlock {
  if (block === undefined)
    throw new CodedError(
      'STORE_CORRUPT',
      'the database lacks a block of its best physical chain; remove it to fetch the chain again',
    )
  return block
}
