import { type Hash, hash, zeroHash } from '@groundwork/primitives'
import {
  type Block,
  type Certificate,
  type FinalizedBlock,
  hashHeader,
  type Proposal,
  type Vote,
  type VoteType,
} from '@groundwork/stake-core'

const epochId = hash('conformance/epoch')

function bytes64(label: number): Uint8Array {
  return new Uint8Array(64).fill(label & 0xff)
}

export function someVote(view: number, type: VoteType = 'notar'): Vote {
  const blockHash = type === 'skip' ? zeroHash : someHash(view)
  return { epochId, view, type, hash: blockHash, voter: 1, signature: bytes64(view) }
}

export function someCertificate(view: number, type: VoteType, blockHash: Hash): Certificate {
  const signatures = [0, 2, 9].map((voter) => ({ voter, signature: bytes64(view + voter) }))
  return { epochId, view, type, hash: blockHash, signatures }
}

export function someProposal(view: number, transactions = 2): Proposal {
  return { block: someBlock(view, view, someHash(view - 1), transactions), signature: bytes64(view) }
}

/** Blocks at heights 1 to `count`, each the parent of the next; views grow by two. */
export function someChain(count: number): FinalizedBlock[] {
  const blocks: FinalizedBlock[] = []
  for (let height = 1; height <= count; height++) {
    const block = someBlock(2 * height, height, blocks.at(-1)?.hash ?? someHash(0), height % 4)
    const transactionIds = block.body.map((_, i) => hash('conformance/id', Uint8Array.of(height, i)))
    blocks.push({ block, hash: hashHeader(block.header), signature: bytes64(height), transactionIds })
  }
  return blocks
}

export function finalCertificate({ block, hash: blockHash }: FinalizedBlock): Certificate {
  return someCertificate(block.header.view, 'final', blockHash)
}

function someHash(label: number): Hash {
  return hash('conformance/block', Uint8Array.of(label >> 8, label & 0xff))
}

function someBlock(view: number, height: number, parentHash: Hash, transactions: number): Block {
  return {
    header: {
      epochId,
      view,
      height,
      parentHash,
      parentView: Math.max(0, view - 2),
      justificationRoot: someHash(view + 100),
      anchor: { height: 0, hash: zeroHash },
      forcedRoot: zeroHash,
      transactionsRoot: someHash(view + 200),
      stateRoot: someHash(view + 300),
      credit: 0,
      validatorsHash: zeroHash,
      nextValidatorsHash: zeroHash,
      proposer: view % 4,
    },
    justification: {
      parent: view > 2 ? someCertificate(view - 2, 'notar', parentHash) : null,
      skips: [someCertificate(view - 1, 'skip', zeroHash)],
    },
    body: Array.from({ length: transactions }, (_, i) => new Uint8Array(152).fill(view + i)),
  }
}
