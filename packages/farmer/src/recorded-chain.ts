import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { deriveGenesisOf, type Genesis } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import {
  encodeRecordedChain,
  type Replayed,
  replayRecorded,
  verifiedSignatures,
} from '@groundwork/hybrid-host'
import { type CheckedBlock, chainRules, type PhysicalGenesis } from '@groundwork/physical-core'
import { verify as verifySpace } from '@groundwork/proof-of-space/verify'
import { openPhysicalStore } from '@groundwork/store-level'

/**
 * The best chain in the store of a farmer that is down, one line a block, oldest first; empty if it has none. Throws one
 * line if the store is in use or broken.
 */
export async function readRecordedChain(dataDir: string, genesis: PhysicalGenesis): Promise<string[]> {
  const dir = join(dataDir, 'chain')
  if (!existsSync(dir)) return []
  const { chainId } = chainRules(genesis)
  const store = await openPhysicalStore({ dir, chainId, onFailure: () => {} })
  try {
    const blocks: CheckedBlock[] = []
    for (let height = 1; ; height++) {
      const hash = await store.hashAt(height)
      const block = hash === undefined ? undefined : await store.blockByHash(hash)
      if (block === undefined) return encodeRecordedChain(blocks)
      blocks.push(block)
    }
  } finally {
    await store.close()
  }
}

/** I10: what such a chain means to a network with these genesis files, signatures and proofs of votes checked anew. */
export function replayChain(
  stake: Genesis,
  physical: PhysicalGenesis,
  lines: Iterable<string>,
): Generator<Replayed, void> {
  return replayRecorded(
    {
      genesis: deriveGenesisOf(stake, physical),
      verify: verifiedSignatures(nodeSignatures.verify),
      verifySpace: (check) => verifySpace(check) !== undefined,
    },
    chainRules(physical),
    lines,
  )
}
