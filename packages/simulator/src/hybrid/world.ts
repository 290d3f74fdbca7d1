import {
  type DeriveContext,
  type Derived,
  type DeriveGenesis,
  derive,
  type PhysicalInput,
} from '@groundwork/hybrid-core'
import type { PhysicalCore } from '@groundwork/physical-core'
import { type Hash, type Hex, standInSignatures, toHex } from '@groundwork/primitives'
import type { FarmerDisk } from '../physical/disk.ts'
import { isModelSpaceProof } from '../physical/model.ts'

/**
 * What all nodes of one simulated network share: the beginning, and a memory of what follows from it. What derive makes
 * of a block depends on nothing but the block and its ancestors, so the memory changes no result.
 */
export interface HybridWorld {
  readonly genesis: DeriveGenesis
  readonly derive: typeof derive
  readonly verify: DeriveContext['verify']
  readonly verifySpace: DeriveContext['verifySpace']
  /** Blocks of the branch that ends with this one, oldest first, from the first that `knows` does not name. */
  branchTo(core: PhysicalCore, disk: FarmerDisk, hash: Hash, knows: (hash: Hash) => boolean): PhysicalInput[]
}

export function hybridWorld(genesis: DeriveGenesis): HybridWorld {
  const derived = new Map<Hex, Derived>()
  const inputs = new Map<Hex, PhysicalInput>()
  const inputOf = (core: PhysicalCore, disk: FarmerDisk, hash: Hash): PhysicalInput | null => {
    const key = toHex(hash)
    const known = inputs.get(key)
    if (known !== undefined) return known
    const [stored] = disk.lineage(hash, 0)
    const chain = core.chainOf(hash)
    if (stored === undefined || chain === null) return null
    const input = { block: stored.block, hash, epoch: chain.epoch }
    inputs.set(key, input)
    return input
  }
  return {
    genesis,
    verify: standInSignatures.verify,
    verifySpace: ({ plotId, k, challenge, proof }) => isModelSpaceProof(plotId, k, challenge, proof),
    derive(context, before, input) {
      const key = toHex(input.hash)
      const known = derived.get(key)
      if (known !== undefined) return known
      const made = derive(context, before, input)
      derived.set(key, made)
      return made
    },
    branchTo(core, disk, hash, knows) {
      const branch: PhysicalInput[] = []
      for (let at = hash; !knows(at); ) {
        const input = inputOf(core, disk, at)
        if (input === null) return []
        branch.push(input)
        at = input.block.foliage.parentHash
      }
      return branch.reverse()
    },
  }
}
