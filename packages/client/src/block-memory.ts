import type { PhysicalStore } from '@groundwork/host/pure'
import type { CheckedBlock } from '@groundwork/physical-core'
import { forgetOldest, type Hash, type Hex, toHex } from '@groundwork/primitives'

/** The blocks that were found valid lately, on whatever fork. */
export interface BlockMemory {
  readonly store: PhysicalStore
  block(hash: Hash): CheckedBlock | undefined
}

/** A client keeps nothing for others: its store is a window in memory, and every start begins at genesis. */
export function createBlockMemory(keep: number): BlockMemory {
  const blocks = new Map<Hex, CheckedBlock>()
  const store: PhysicalStore = {
    append(record) {
      if (record.kind !== 'block') return
      blocks.set(toHex(record.hash), record.block)
      forgetOldest(blocks, keep)
    },
    blockByHash: async (hash) => blocks.get(toHex(hash)),
    hashAt: async () => undefined,
    slots: async () => [],
    load: async () => ({ blocks: [], slots: [] }),
    flush: async () => {},
    close: async () => {},
  }
  return { store, block: (hash) => blocks.get(toHex(hash)) }
}
