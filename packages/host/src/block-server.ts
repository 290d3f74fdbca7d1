import { type Hash, toHex, zeroHash } from '@groundwork/primitives'
import {
  bodyBytes,
  maxBlocksPerResponse,
  type Peer,
  type Proposal,
  type StakeCore,
} from '@groundwork/stake-core'
import type { MessagePort } from './driver.ts'
import type { BlockStore } from './ports.ts'

/** An answer stops growing here; the asker comes back for older ancestors. */
const maxResponseBytes = 2 * 1024 * 1024

/** Answers block requests from the core's blocks above the floor and the store's below it. Works beside the event loop of the driver. */
export function createBlockServer(core: () => StakeCore, store: BlockStore, network: MessagePort) {
  return (hash: Hash, ancestors: number, to: Peer): void => {
    const wanted = Math.min(ancestors + 1, maxBlocksPerResponse)
    const proposals: Proposal[] = []
    let bytes = 0
    const reply = () => {
      if (proposals.length > 0) network.send(to, { kind: 'block-response', proposals })
    }
    const collect = (from: Hash): void | Promise<void> => {
      for (let at = from; proposals.length < wanted && bytes < maxResponseBytes; ) {
        const held = core().state.blocks.get(toHex(at))?.proposal
        if (held === undefined) {
          const found = store.blockByHash(at)
          if (found instanceof Promise) return found.then((stored) => next(stored))
          return next(found)
        }
        at = add(held)
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
