import { decodeTransaction, senderOf, transactionId } from '@groundwork/ledger'
import type { Item } from '@groundwork/physical-core'
import { type Bytes, toHex, zeroHash } from '@groundwork/primitives'
import {
  type AdmittedProposal,
  admittedFromJournal,
  type BlockRules,
  type Certificate,
  type Header,
  hashHeader,
  hashJustification,
  hashTransactions,
  type Mempool,
  type ParentBlock,
} from '@groundwork/stake-core'
import {
  encodeCheckpoint,
  encodeCheckpointBodies,
  type HybridPosition,
  type PendingBlock,
  type PhysicalView,
  startAt,
} from '../src/index.ts'
import type { Harness } from './harness.ts'

/** The chain of a harness as a node sees it whose clock is `lag` slots after the tip's. */
export function viewOf({ states, context }: Harness, lag = 0): PhysicalView {
  const branch = [...states]
  const state = branch.at(-1)!
  const { height, hash } = state
  return {
    tip: { height, hash, slot: height },
    clockSlot: height + lag,
    state,
    confirmed: branch[Math.max(0, height - context.parameters.kappa)]!,
    hashAt: (at) => branch[at]?.hash,
    range(after, to) {
      const found = branch.slice(after + 1, to + 1).map(({ pending }) => pending.at(-1))
      const isWhole = found.length === to - after && found.every((one, i) => one?.height === after + 1 + i)
      return isWhole ? (found as PendingBlock[]) : null
    },
  }
}

/** A stake chain on top of a harness: who proposes what, without a network. */
export interface Chain {
  readonly rules: BlockRules
  readonly parent: ParentBlock
  readonly blocks: readonly AdmittedProposal[]
}

/** At the last checkpoint, or at the genesis. */
export function chainAt(h: Harness, lag = 0): Chain {
  const { rules, head, position } = startAt(h.context, viewOf(h, lag), h.state)
  return { rules, parent: { ...head, position }, blocks: [] }
}

export const limits = { maxBodyBytes: 65_536, maxBodyTransactions: 100 }

export function poolOf(...transactions: readonly Bytes[]): Mempool {
  const senders: Mempool['senders'] = new Map()
  for (const bytes of transactions) {
    const transaction = decodeTransaction(bytes)
    const key = toHex(senderOf(transaction))
    const queue = senders.get(key) ?? new Map()
    senders.set(key, queue)
    const { nonce } = transaction.kind === 'transfer' ? transaction.transfer : transaction
    queue.set(nonce, { id: transactionId(bytes), bytes, transaction })
  }
  return { senders, size: transactions.length }
}

/** What the leader would propose on top, or null; `change` makes another block of it. */
export function drafted(
  h: Harness,
  { rules, parent }: Chain,
  pool: Mempool = poolOf(),
  change: (header: Header) => Header = (header) => header,
): AdmittedProposal | null {
  const { epoch } = parent.position as HybridPosition
  const certificate: Certificate | null =
    parent.view === 0 ? null : h.certificate(epoch, parent.view, 'notar', parent.hash)
  const justification = { parent: certificate, skips: [] }
  const plain: Header = {
    epochId: epoch.id,
    view: parent.view + 1,
    height: parent.height + 1,
    parentHash: parent.hash,
    parentView: parent.view,
    justificationRoot: hashJustification(justification),
    anchor: { height: 0, hash: zeroHash },
    forcedRoot: zeroHash,
    transactionsRoot: hashTransactions([]),
    stateRoot: zeroHash,
    credit: 0,
    validatorsHash: epoch.validators.hash,
    nextValidatorsHash: epoch.validators.hash,
    proposer: 0,
  }
  const draft = rules.draft(parent, { header: plain, justification, pool, limits })
  if (draft === null) return null
  const { transactions, ...said } = draft
  const transactionsRoot = hashTransactions(transactions.map(({ id }) => id))
  const header = change({ ...plain, ...said, transactionsRoot })
  const body = transactions.map(({ bytes }) => bytes)
  return admittedFromJournal({ block: { header, justification, body }, signature: new Uint8Array(64) })
}

/** The chain after a block that its rules accept. */
export function extended(chain: Chain, block: AdmittedProposal): Chain {
  const result = chain.rules.extend(chain.parent, block)
  if (result.kind !== 'extended') throw new Error(`${result.kind}: ${result.reason}`)
  const { view, height } = block.proposal.block.header
  const parent = { view, height, hash: hashHeader(block.proposal.block.header), position: result.position }
  return { rules: chain.rules, parent, blocks: [...chain.blocks, block] }
}

/** A checkpoint of a chain's blocks, as items; the certificate is for the last one, or for its last empty child. */
export function checkpointOf(
  h: Harness,
  blocks: readonly AdmittedProposal[],
  path: readonly Header[] = [],
): Item[] {
  const last = blocks.at(-1)!.proposal.block.header
  const named = path.at(-1) ?? last
  const tip = hashHeader(last)
  const final = h.certificate(h.state.epoch, named.view, 'final', hashHeader(named))
  const justified = blocks.map(({ proposal }) => proposal.block)
  const bodies = justified.map(({ body }) => body)
  return [
    { kind: 'checkpoint-bodies', bytes: encodeCheckpointBodies({ tip, bodies }) },
    { kind: 'checkpoint', bytes: encodeCheckpoint({ blocks: justified, path, final }) },
  ]
}
