import {
  type DeriveContext,
  type DeriveState,
  type Height,
  type PendingBlock,
  spaceTimeCost,
  targetHeight,
  valueAtLoss,
} from '@groundwork/hybrid-core'
import { transactionId } from '@groundwork/ledger'
import { equal, type Hash, type Hex, toHex } from '@groundwork/primitives'
import { type Certificate, type Epoch, hashHeader, publicKeyOf } from '@groundwork/stake-core'
import type { Branch, DerivedBlock } from './branch.ts'
import type { Finals, Held } from './finals.ts'
import type { TransactionStatus } from './ledger.ts'

export interface TransactionsInit {
  readonly context: DeriveContext
  readonly branch: () => Branch
  readonly finals: Finals
  readonly slotMs: number
}

/** Where a transaction of the last blocks stands. Searches: for clients' questions, not for every transaction. */
export function createTransactions({ context, branch, finals, slotMs }: TransactionsInit) {
  const now = (): DeriveState => branch().tip.state

  const lossOf = (epoch: Epoch | null, certificate: Certificate): number | null => {
    if (epoch === null) return null
    const signers = certificate.signatures.flatMap(({ voter }) => publicKeyOf(epoch, voter) ?? [])
    return valueAtLoss(epoch, signers.map(toHex), now().execution)
  }
  const epochOf = (id: Hash): Epoch | null =>
    now().epochs.find(({ epoch }) => equal(epoch.id, id))?.epoch ?? null
  /** Of everything below a block of the best branch. */
  const costAt = (height: Height): bigint =>
    spaceTimeCost(now().height - height, slotMs, [...now().spaces.values()].at(-1)!.total)

  const byStake = (key: Hex): TransactionStatus | null => {
    const held = finals.held.find(({ transactions, isLost }) => transactions.has(key) && !isLost)
    const carrier = carrierOf(branch(), key)
    if (held === undefined && carrier === null) return null
    const header = held?.block.header ?? carrier!.segment!.transactions.get(key)!.header
    const certificate = held?.certificate ?? carrier!.segment!.certificate
    const isAnchored = carrier !== null && carrier.state.height <= branch().confirmed.state.height
    return {
      included: { by: 'stake', height: header.height, hash: held?.hash ?? hashHeader(header) },
      fast: held?.delivered === true || isAnchored,
      anchored: isAnchored || held?.anchored === true,
      phys: isAnchored || held?.anchored === true,
      valueAtLoss: lossOf(held?.position?.epoch ?? epochOf(header.epochId), certificate),
      spaceTimeCost: carrier === null ? null : costAt(carrier.state.height),
    }
  }

  const byForce = (key: Hex): TransactionStatus | null => {
    const posting = postingOf(branch(), key)
    if (posting === null) return null
    const { posted, executed, code } = posting
    const confirmed = branch().confirmed.state
    const told = finals.held.find(({ position, delivered }) => delivered && isPast(position, posted))
    const isAnchored = anchoredUpTo(context, confirmed) >= posted
    return {
      included: { by: 'forced', posted, executed, code },
      fast: told !== undefined || isAnchored,
      anchored: isAnchored,
      phys: posted <= confirmed.height,
      valueAtLoss: told === undefined ? null : lossOf(told.position!.epoch, told.certificate),
      spaceTimeCost: costAt(posted),
    }
  }

  return (id: Hash): TransactionStatus | null => {
    const key = toHex(id)
    return byStake(key) ?? byForce(key)
  }
}

/** Forced transactions up to here are in `anchored` of a confirmed state. */
export function anchoredUpTo({ parameters }: DeriveContext, { mode, tip }: DeriveState): Height {
  const finalised = mode.recorded?.finalised
  return finalised == null ? tip.anchor.height : targetHeight(parameters, finalised.window)
}

function isPast(position: Held['position'], posted: Height): boolean {
  return position !== null && position.tip.anchor.height >= posted
}

function carrierOf(branch: Branch, key: Hex): DerivedBlock | null {
  for (const block of branch.newestFirst()) if (block.segment?.transactions.has(key)) return block
  return null
}

interface Posting {
  readonly posted: Height
  readonly executed: Height | null
  readonly code: string | null
}

/** Where a forced transaction was posted, and what came of it. */
function postingOf(branch: Branch, key: Hex): Posting | null {
  for (const { records, pending } of branch.newestFirst()) {
    const record = records.find((one) => one.kind === 'forced' && toHex(one.id) === key)
    if (record?.kind === 'forced')
      return { posted: record.posted, executed: record.height, code: record.code }
    if (pending !== null && isPosted(pending, key))
      return { posted: pending.height, executed: null, code: null }
  }
  return null
}

function isPosted({ inputs }: PendingBlock, key: Hex): boolean {
  return inputs.some((input) => input.kind === 'forced' && toHex(transactionId(input.transaction)) === key)
}
