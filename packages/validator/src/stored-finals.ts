import type { BlockStore } from '@groundwork/host'
import type { FinalSegment } from '@groundwork/hybrid-host'
import { equal } from '@groundwork/primitives'
import type { Certificate, FinalizedBlock, Header, Height } from '@groundwork/stake-core'

/** What a validator's store holds above a height, oldest first; a gap is left out, where an epoch was entered ahead of it. */
export async function storedBlocks(store: BlockStore, above: Height): Promise<FinalizedBlock[]> {
  const head = await store.head()
  const blocks: FinalizedBlock[] = []
  for (let height = above + 1; height <= (head?.height ?? 0); height++) {
    const block = await store.blockByHeight(height)
    if (block !== undefined) blocks.push(block)
  }
  return blocks
}

/** The same with their certificates, one segment an epoch. */
export async function storedFinals(
  store: BlockStore,
  blocks: readonly FinalizedBlock[],
): Promise<FinalSegment[]> {
  const head = await store.head()
  const segments: FinalSegment[] = []
  for (let from = 0; from < blocks.length; ) {
    const { epochId } = (blocks[from] as FinalizedBlock).block.header
    const rest = blocks.findIndex(({ block }, i) => i > from && !equal(block.header.epochId, epochId))
    const to = rest < 0 ? blocks.length : rest
    const own = blocks.slice(from, to)
    const certificate = (await store.endOf(epochId)) ?? (to === blocks.length ? head?.certificate : null)
    if (certificate != null) segments.push(await segmentOf(store, own, certificate))
    from = to
  }
  return segments
}

/** R11: the certificate of an epoch's end may be for an empty child of its last block. */
async function segmentOf(
  store: BlockStore,
  blocks: readonly FinalizedBlock[],
  certificate: Certificate,
): Promise<FinalSegment> {
  const last = (blocks.at(-1) as FinalizedBlock).hash
  const path: Header[] = []
  for (let hash = certificate.hash; !equal(hash, last); ) {
    const child = await store.blockByHash(hash)
    if (child === undefined) break
    path.unshift(child.block.header)
    hash = child.block.header.parentHash
  }
  return { blocks: blocks.map(({ block }) => block), path, certificate }
}
