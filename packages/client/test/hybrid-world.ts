import { deriveGenesisOf, epochOf, type Genesis } from '@groundwork/genesis'
import { createSegmentServer, memoryBlockStore, nodeSignatures } from '@groundwork/host'
import {
  encodeCheckpoint,
  encodeCheckpointBodies,
  encodeForced,
  extendPosition,
  forcedRootOf,
  hybridProfiles,
  isTerminal,
  type Position,
  successorOf,
} from '@groundwork/hybrid-core'
import { createHybridFollower, type FollowerInit, type HybridFollower } from '@groundwork/hybrid-host'
import { transactionId } from '@groundwork/ledger'
import type { Item } from '@groundwork/physical-core'
import { equal, type Hash } from '@groundwork/primitives'
import {
  type Block,
  type Certificate,
  type EndProof,
  type Epoch,
  encodeSegment,
  type FinalizedBlock,
  type Header,
  hashHeader,
  hashJustification,
  hashTransactions,
  leaderSchedule,
  proposalMessage,
  type VoteType,
  voteMessage,
} from '@groundwork/stake-core'
import { makeBlock } from '../../hybrid-core/test/harness.ts'
import { physicalNode, rules } from './physical-world.ts'
import { stakeGenesis, validatorKeys } from './stake-world.ts'

export const epochHeights = 12
export const hybridGenesis: Genesis = {
  ...stakeGenesis,
  hybrid: { physicalGenesis: rules.chainId, parameters: { ...hybridProfiles.ci, epochHeights } },
}
const { kappa } = hybridProfiles.ci

/** Of this world's two chains, from their genesis. */
export function worldFollower(change: Partial<FollowerInit> = {}): HybridFollower {
  return createHybridFollower({
    genesis: deriveGenesisOf(hybridGenesis, rules.genesis),
    verify: nodeSignatures.verify,
    verifySpace: () => false,
    onConflict: 'follow-physical',
    slotMs: 250,
    validator: null,
    farmer: null,
    ...change,
  })
}

/** A set that the chain made has an order of its own. */
function secretOf({ validators }: Epoch, index: number): Uint8Array {
  const { publicKey } = validators.validators[index]!
  return validatorKeys.find((key) => equal(key.publicKey, publicKey))!.secretKey
}

function certify(epoch: Epoch, view: number, type: VoteType, hash: Hash): Certificate {
  const message = voteMessage(epoch.id, view, type, hash)
  const signatures = [0, 1, 2].map((voter) => {
    return { voter, signature: nodeSignatures.sign(secretOf(epoch, voter), message) }
  })
  return { epochId: epoch.id, view, type, hash, signatures }
}

/** R11: nobody saw the last block become final in its view; its empty child did. */
function emptyChild(epoch: Epoch, { header: last }: Block): EndProof {
  const parent = certify(epoch, last.view, 'notar', hashHeader(last))
  const justification = { parent, skips: [] }
  const view = last.view + 1
  const header: Header = {
    ...last,
    view,
    height: last.height + 1,
    parentHash: hashHeader(last),
    parentView: last.view,
    justificationRoot: hashJustification(justification),
    forcedRoot: forcedRootOf([]),
    transactionsRoot: hashTransactions([]),
    proposer: leaderSchedule(epoch)(view),
  }
  const hash = hashHeader(header)
  const signature = nodeSignatures.sign(secretOf(epoch, header.proposer), proposalMessage(hash))
  return {
    final: certify(epoch, view, 'final', hash),
    children: [{ block: { header, justification, body: [] }, signature }],
  }
}

/** Both chains of a small network, by fiat: everybody honest, blocks when the test says so. */
export function hybridWorld(init: { readonly endsLate?: boolean } = {}) {
  const physical = physicalNode()
  const follower = worldFollower({ keepBlocks: 1024 })
  const { context } = follower
  let position: Position = follower.state
  let parent: Block | undefined
  /** Final, and in no checkpoint yet. */
  let waiting: { block: Block; epoch: Epoch }[] = []
  const store = memoryBlockStore(follower.state.execution.ledger)
  const serve = createSegmentServer(store)

  const mine = (items: readonly Item[] = [], slots = 1): void => {
    const { block } = physical.grow({ items, slot: physical.core.tip().slot + slots })
    const { hash } = physical.core.tip()
    follower.clock(block.trunk.slot)
    follower.physical({ adopted: [{ block, hash, epoch: physical.core.chainOf(hash)!.epoch }] })
  }
  const stake = (body: readonly Uint8Array[] = []): FinalizedBlock => {
    const view = follower.view()
    const { epoch, tip } = position
    const pending = view.range(tip.anchor.height, view.tip.height)!
    const anchor = Math.max(tip.anchor.height, view.tip.height - kappa)
    const proposer = leaderSchedule(epoch)(tip.view + 1)
    const before = { ...position, pending }
    const block = makeBlock(context, certify, before, parent, body, anchor, (header) => ({
      ...header,
      proposer,
    }))
    const extension = extendPosition({ ...context, verify: () => true }, before, block)
    if (extension.kind === 'fault') throw new Error(extension.reason)
    const { header } = block
    const hash = hashHeader(header)
    waiting.push({ block, epoch })
    position = isTerminal(context, header.height)
      ? successorOf(context, extension.position)
      : extension.position
    parent = block
    const signature = nodeSignatures.sign(secretOf(epoch, proposer), proposalMessage(hash))
    const final: FinalizedBlock = { block, hash, signature, transactionIds: body.map(transactionId) }
    const certificate = certify(epoch, header.view, 'final', hash)
    const { ledger } = extension.position.execution
    if (isTerminal(context, header.height)) {
      const child = init.endsLate === true ? emptyChild(epoch, block) : null
      const end = child ?? { final: certificate, children: [] }
      store.append([final], end.final, ledger, end)
    } else store.append([final], certificate, ledger)
    return final
  }
  /** Everything final up to the end of an epoch, as items of a block. */
  const checkpoint = (): Item[] => {
    const first = waiting[0]
    if (first === undefined) return []
    const blocks = waiting.flatMap(({ block, epoch }) => (equal(epoch.id, first.epoch.id) ? [block] : []))
    waiting = waiting.slice(blocks.length)
    const { header } = blocks.at(-1)!
    const tip = hashHeader(header)
    const final = certify(first.epoch, header.view, 'final', tip)
    return [
      {
        kind: 'checkpoint-bodies',
        bytes: encodeCheckpointBodies({ tip, bodies: blocks.map(({ body }) => body) }),
      },
      { kind: 'checkpoint', bytes: encodeCheckpoint({ blocks, path: [], final }) },
    ]
  }

  return {
    physical,
    follower,
    store,
    mine,
    stake,
    checkpoint,
    /** A while in which everything works: a physical block with a checkpoint, then two stake blocks. */
    run(rounds: number): void {
      for (let i = 0; i < rounds; i++) {
        mine(checkpoint())
        stake()
        stake()
      }
    },
    bytes: async (after: number) => encodeSegment(await serve(after)),
  }
}

export const forcedItem = (bytes: Uint8Array): Item => ({
  kind: 'forced-transaction',
  bytes: encodeForced(bytes),
})
export const hybridEpoch: Epoch = epochOf(hybridGenesis)
