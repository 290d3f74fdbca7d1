import type { PhysicalInput } from '@groundwork/hybrid-core'
import {
  type ChainRules,
  type ChainState,
  type CheckedBlock,
  extend,
  genesisState,
  measure,
  validate,
} from '@groundwork/physical-core'
import { CodedError } from '@groundwork/primitives'

/** The registry and seeds of a chain, block by block: for blocks below what a physical core keeps. */
export interface ChainReader {
  readonly chain: ChainState
  /** Blocks in order. Throws `PHYSICAL_BLOCK` for one that does not follow from the chain so far. */
  next(checked: CheckedBlock): PhysicalInput
}

/** From genesis, or from a state that was verified. The y of slots and what `blockChecks` names were checked before. */
export function createChainReader(rules: ChainRules, from: ChainState = genesisState(rules)): ChainReader {
  let chain = from
  return {
    get chain() {
      return chain
    },
    next(checked) {
      const verdict = validate(rules, chain, checked)
      if (verdict.kind === 'invalid')
        throw new CodedError(
          'PHYSICAL_BLOCK',
          `block ${checked.block.foliage.height} of the physical chain does not follow: ${verdict.reason}`,
        )
      const { hash, trunkHash } = measure(checked)
      const { slot } = checked.block.trunk
      chain = extend(rules, chain, { hash, trunkHash, slot }, verdict.changes)
      return { block: checked.block, hash, epoch: chain.epoch }
    },
  }
}
