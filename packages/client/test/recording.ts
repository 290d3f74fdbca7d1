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
  for (const slot of recording.slots) physical.addSlot(decodeSlotProof(fromHex(slot)))
  const checker = createChecker(rules, nodeSignatures.verify)
  for (const bytes of recording.blocks) {
    const block = decodeBlock(fromHex(bytes))
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
