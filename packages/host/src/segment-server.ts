import { equal } from '@groundwork/primitives'
import {
  bodyBytes,
  type Certificate,
  type ChainSegment,
  type FinalizedBlock,
  type Height,
  maxBlocksPerResponse,
  type Proposal,
} from '@groundwork/stake-core'
import type { BlockStore, StoredHead } from './ports.ts'

/** An answer stops growing here; the asker comes back. */
const maxSegmentBytes = 1024 * 1024
/** R11: empty children between an epoch's last block and the one that its certificate names. */
const maxChildren = 32

/**
 * The finalized blocks of one epoch above a height, as many as fit. The certificate is that of the newest block stored, or
 * the one with which the epoch ended; the empty children up to the block that it names come last.
 */
export function createSegmentServer(
  store: Pick<BlockStore, 'head' | 'blockByHeight' | 'blockByHash' | 'endOf'>,
): (after: Height) => Promise<ChainSegment> {
  const finalOf = async (
    head: StoredHead,
    last: FinalizedBlock | undefined,
    isWhole: boolean,
  ): Promise<Certificate | null> => {
    const epochId = last?.block.header.epochId
    if (epochId === undefined || (head.certificate !== null && equal(head.certificate.epochId, epochId)))
      return head.certificate
    return isWhole ? ((await store.endOf(epochId)) ?? null) : null
  }
  /** From the last block (exclusive) to the certified one. */
  const childrenOf = async (last: FinalizedBlock, { hash }: Certificate): Promise<Proposal[]> => {
    const children: Proposal[] = []
    for (let at = hash; !equal(at, last.hash); ) {
      const child = await store.blockByHash(at)
      if (child === undefined || children.length >= maxChildren) return []
      if (child.block.header.height <= last.block.header.height) return []
      children.unshift({ block: child.block, signature: child.signature })
      at = child.block.header.parentHash
    }
    return children
  }

  return async (after) => {
    const head = await store.head()
    if (head === undefined) return { head: 0, certificate: null, proposals: [] }
    const proposals: Proposal[] = []
    let bytes = 0
    let last: FinalizedBlock | undefined
    let isWhole = after >= head.height
    // Room for children.
    const end = Math.min(head.height, after + maxBlocksPerResponse - maxChildren)
    for (let height = after + 1; height <= end && bytes < maxSegmentBytes; height++) {
      const stored = await store.blockByHeight(height)
      if (stored === undefined) break
      const { header } = stored.block
      const isNext = last !== undefined && !equal(header.epochId, last.block.header.epochId)
      isWhole = isNext || height === head.height
      if (isNext) break
      last = stored
      proposals.push({ block: stored.block, signature: stored.signature })
      bytes += bodyBytes(stored.block) + 1024
    }
    const certificate = await finalOf(head, last, isWhole)
    const children =
      last === undefined || certificate === null || !isWhole ? [] : await childrenOf(last, certificate)
    return { head: head.height, certificate, proposals: [...proposals, ...children] }
  }
}
