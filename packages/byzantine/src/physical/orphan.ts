import { blockHashOf, type PhysicalBlock, type PhysicalCore } from '@groundwork/physical-core'
import { forgetOldest, type Hex, toHex } from '@groundwork/primitives'
import { type FarmerCoercion, isKeptBack } from './coercion.ts'

/** Hashes of blocks that it does not want; the oldest are forgotten first. */
const maxUnwanted = 4096

/**
 * A core that builds on no block with an item that it keeps back, nor on what stands on such a block, however heavy that
 * chain is: whoever has most of the space keeps items off the chain for good, not only out of its own blocks.
 */
export function orphaningFarmer(core: PhysicalCore, coercion: FarmerCoercion): PhysicalCore {
  const unwanted = new Set<Hex>()
  const isUnwanted = ({ foliage, items }: PhysicalBlock): boolean => {
    const key = toHex(blockHashOf(foliage))
    if (core.chainOf(blockHashOf(foliage)) !== null) return false
    if (!unwanted.has(toHex(foliage.parentHash)) && !items.some((item) => isKeptBack(coercion, item)))
      return false
    unwanted.add(key)
    forgetOldest(unwanted, maxUnwanted)
    return true
  }
  const orphans = (): boolean => {
    const does = coercion.does('orphan-items')
    if (!does) unwanted.clear()
    return does
  }
  return {
    ...core,
    blockFault: (block) =>
      core.blockFault(block) ?? (orphans() && isUnwanted(block) ? 'block-unwanted' : null),
    step(event) {
      if (event.kind !== 'blocks' || !orphans()) return core.step(event)
      return core.step({ ...event, blocks: event.blocks.filter(({ block }) => !isUnwanted(block)) })
    },
  }
}
