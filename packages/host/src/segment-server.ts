import {
  bodyBytes,
  type ChainSegment,
  type Height,
  maxBlocksPerResponse,
  type Proposal,
} from '@groundwork/stake-core'
import type { BlockStore } from './ports.ts'

/** An answer stops growing here; the asker comes back. */
const maxSegmentBytes = 1024 * 1024

/** The finalized blocks above a height, as many as fit, with the certificate of the newest that is stored. */
export function createSegmentServer(
  store: Pick<BlockStore, 'head' | 'blockByHeight'>,
): (after: Height) => Promise<ChainSegment> {
  return async (after) => {
    const head = await store.head()
    if (head === undefined) return { head: 0, certificate: null, proposals: [] }
    const proposals: Proposal[] = []
    let bytes = 0
    const last = Math.min(head.height, after + maxBlocksPerResponse)
    for (let height = after + 1; height <= last && bytes < maxSegmentBytes; height++) {
      const stored = await store.blockByHeight(height)
      if (stored === undefined) break
      proposals.push({ block: stored.block, signature: stored.signature })
      bytes += bodyBytes(stored.block) + 1024
    }
    return { head: head.height, certificate: head.certificate, proposals }
  }
}
