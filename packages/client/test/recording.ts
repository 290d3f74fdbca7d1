import { parseGenesis, parsePhysicalGenesis } from '@groundwork/genesis'
import { nodeSignatures } from '@groundwork/host'
import { chainRules, decodeBlock, decodeSlotProof } from '@groundwork/physical-core'
import { createChecker } from '@groundwork/physical-host/pure'
import { fromHex } from '@groundwork/primitives'
import type { Source } from '../src/index.ts'
import { physicalNode } from './physical-world.ts'

/** Both chains of a network, as bytes: what nodes of it would answer. Real proofs of space and of elapsed time. */
export interface Recording {
  readonly version: 1
  /** Texts of the genesis files. */
  readonly physicalGenesis: string
  readonly stakeGenesis: string
  /** Ascending. */
  readonly slots: readonly string[]
  readonly blocks: readonly string[]
  /** All of the stake chain. */
  readonly segment: string
  /** Hashes of the tips. */
  readonly physicalTip: string
  readonly stakeTip: string
}

/** A node that has what was recorded, and answers as nodes do. */
export function recordedNode(recording: Recording, name = 'recorded'): Source {
  const rules = chainRules(parsePhysicalGenesis(recording.physicalGenesis))
  parseGenesis(recording.stakeGenesis)
  const physical = physicalNode(rules)
  const checker = createChecker(rules, nodeSignatures.verify)
  const slots = recording.slots.map((bytes) => decodeSlotProof(fromHex(bytes)))
  // In the order in which they came: the seed of an epoch follows from blocks of the one before.
  let told = 0
  for (const bytes of recording.blocks) {
    const block = decodeBlock(fromHex(bytes))
    while (told < slots.length && slots[told]!.slot <= block.trunk.slot) physical.addSlot(slots[told++]!)
    const verdict = checker.block(block)
    if ('reason' in verdict) throw new Error(`a recorded block is bad: ${verdict.reason}`)
    physical.add({ block, quality: verdict.quality })
  }
  return {
    name,
    async get(path) {
      const { pathname, searchParams } = new URL(path, 'http://node')
      if (pathname === '/v1/physical') return physical.frame(fromHex(searchParams.get('request') ?? ''))
      return pathname === '/v1/stake' ? fromHex(recording.segment) : null
    },
  }
}
