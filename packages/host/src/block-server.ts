import { type Hash, zeroHash } from '@groundwork/primitives'
import { bodyBytes, maxBlocksPerResponse, type Peer, type Proposal } from '@groundwork/stake-core'
import type { MessagePort } from './driver.ts'
import type { BlockStore } from './ports.ts'

/** An answer stops growing here; the asker comes back for older ancestors. */
const maxResponseBytes = 2 * 1024 * 1024

/** Answers block requests from what is `held` (a core's blocks above its floor) and what is stored. Works beside the event loop of the driver. */
export function createBlockServer(
  held: (hash: Hash) => Proposal | undefined,
  store: Pick<BlockStore, 'blockByHash'>,
  network: Pick<MessagePort, 'send'>,
) {
  return (hash: Hash, ancestors: number, to: Peer): void => {
    const wanted = Math.min(ancestors + 1, maxBlocksPerResponse)
    const proposals: Proposal[] = []
    let bytes = 0
    const reply = () => {
      if (proposals.length > 0) network.send(to, { kind: 'block-response', proposals })
    }
    const collect = (from: Hash): void | Promise<void> => {
      for (let at = from; proposals.length < wanted && bytes < maxResponseBytes; ) {
        const known = held(at)
        if (known === undefined) {
          const found = store.blockByHash(at)
          if (found instanceof Promise) return found.then((stored) => next(stored))
          return next(found)
        }
        at = add(known)
      }
      return reply()
    }
    const next = (stored: Awaited<ReturnType<BlockStore['blockByHash']>>): void | Promise<void> => {
      if (stored === undefined) return reply()
      return collect(add({ block: stored.block, signature: stored.signature }))
    }
    const add = (proposal: Proposal): Hash => {
      proposals.push(proposal)
      bytes += bodyBytes(proposal.block) + 512
      return proposal.block.header.height <= 1 ? zeroHash : proposal.block.header.parentHash
    }
    const done = collect(hash)
    // A store that cannot read fails the driver at its next append; a request alone must not.
    if (done instanceof Promise) done.catch(() => undefined)
  }
}
