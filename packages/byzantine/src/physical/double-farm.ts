import {
  type ChainRules,
  foliageMessage,
  type Item,
  laneOf,
  laneRootsOf,
  lanes,
  type PhysicalBlock,
} from '@groundwork/physical-core'
import type { Bytes } from '@groundwork/primitives'

/** Another block of the same plot, slot and parent: with an item that means nothing. Whoever sees both can prove it. */
export function secondBlock(
  rules: ChainRules,
  block: PhysicalBlock,
  sign: (message: Bytes) => Bytes,
): PhysicalBlock {
  const rubbish: Item = { kind: 'stake-evidence', bytes: Uint8Array.of(0) }
  const items = lanes.flatMap((lane) =>
    lane === 'evidence' ? [rubbish] : block.items.filter(({ kind }) => laneOf(kind) === lane),
  )
  const foliage = { ...block.foliage, laneRoots: laneRootsOf(items) }
  return { ...block, items, foliage, signature: sign(foliageMessage(rules.chainId, foliage)) }
}
