import { decodeTransaction, transactionId, transactionSignature } from '@groundwork/ledger'
import { CodedError, encode, equal, type Hash, hash } from '@groundwork/primitives'
import {
  type Block,
  certificateFault,
  type Epoch,
  type Header,
  hashHeader,
  hashTransactions,
  justificationFault,
  type ValidatorSet,
  validatorSet,
  writeCertificate,
  writeJustifiedHeader,
  writeTransactions,
} from '@groundwork/stake-core'
import { creditBurstBytes } from '../params.ts'
import type { Checkpoint } from '../payload/index.ts'
import {
  applyTransaction,
  type Execution,
  executeInput,
  type Input,
  type Outcome,
  stateRootOf,
  validatorsOf,
  weightsAt,
} from '../stake/index.ts'
import type { CheckpointTip, DeriveContext, PendingBlock } from './state.ts'

/** Where a block of the stake chain stands: what validators check before NOTAR and derive before it accepts. */
export interface Position {
  readonly epoch: Epoch
  readonly tip: CheckpointTip
  readonly execution: Execution
  /** Physical blocks above the tip's anchor on this branch, oldest first. */
  readonly pending: readonly PendingBlock[]
}

export interface ForcedReceipt {
  readonly input: Input
  readonly posted: number
  readonly outcome: Outcome
}

export type Extension =
  | { readonly kind: 'extended'; readonly position: Position; readonly receipts: readonly ForcedReceipt[] }
  | { readonly kind: 'fault'; readonly reason: string }

/** Bytes of a block as they count against credit and lane. */
export function blockBytes(block: Block): number {
  return encode((out) => {
    writeJustifiedHeader(out, block)
    writeTransactions(out, block.body)
  }).length
}

/** FI-1: what the forced lanes of the blocks from the parent's anchor (exclusive) to the anchor contain. */
export function forcedRootOf(range: readonly PendingBlock[]): Hash {
  return hash('groundwork/forced-range/1', ...range.flatMap(({ laneRoots }) => laneRoots))
}

/** AN-1: blocks between the parent's anchor (exclusive) and this one (inclusive); null if it is not on this branch. */
export function anchorRange({ tip, pending }: Position, anchor: Header['anchor']): PendingBlock[] | null {
  if (anchor.height === tip.anchor.height) return equal(anchor.hash, tip.anchor.hash) ? [] : null
  const end = pending.findIndex(({ height }) => height === anchor.height)
  return end >= 0 && equal(pending[end]!.hash, anchor.hash) ? pending.slice(0, end + 1) : null
}

/** R11: height E - 1 of every E ends its epoch. */
export function isTerminal(context: DeriveContext, height: number): boolean {
  return height % context.parameters.epochHeights === context.parameters.epochHeights - 1
}

/** All rules of a block on top of a position but its certificate: links, AN-1, BS-1, FI-1, execution, R11. */
export function extendPosition(context: DeriveContext, position: Position, block: Block): Extension {
  const { epoch, tip } = position
  const { header, justification } = block
  if (!equal(header.epochId, epoch.id)) return fault('epoch')
  if (!equal(header.parentHash, tip.hash) || header.parentView !== tip.view) return fault('parent')
  if (header.height !== tip.height + 1) return fault('height')
  if (isTerminal(context, tip.height) && tip.view > 0) return fault('epoch-ended')
  if (!equal(header.validatorsHash, epoch.validators.hash)) return fault('validators-hash')
  const broken = justificationFault(epoch, header, justification, context.verify, context.parameters.maxSkips)
  if (broken !== null) return fault(broken)
  const range = anchorRange(position, header.anchor)
  if (range === null) return fault('anchor')
  if (!equal(header.forcedRoot, forcedRootOf(range))) return fault('forced-root')
  const credit = creditAfter(context, position, block, range)
  if (credit < 0) return fault('credit')
  if (header.credit !== credit) return fault('credit-claim')

  const executed = executeBody(context, position.execution, range, block)
  if (executed.kind === 'fault') return executed
  const { execution, receipts } = executed
  if (!equal(header.stateRoot, stateRootOf(execution))) return fault('state-root')
  if (!equal(header.nextValidatorsHash, nextValidators(context, position, execution, header.height).hash))
    return fault('next-validators-hash')
  const last = range.at(-1)
  const anchor =
    last === undefined
      ? tip.anchor
      : { height: last.height, hash: last.hash, seed: last.seed, epoch: last.epoch }
  return {
    kind: 'extended',
    receipts,
    position: {
      epoch,
      tip: {
        hash: hashHeader(header),
        height: header.height,
        view: header.view,
        anchor,
        parentSeed: tip.anchor.seed,
        credit,
      },
      execution,
      pending: position.pending.slice(range.length),
    },
  }
}

/** BS-1: what is left of the byte credit; negative if there is none, or if one lane could not carry the block. */
export function creditAfter(
  context: DeriveContext,
  position: Position,
  block: Block,
  range: readonly PendingBlock[],
): number {
  const { lane, credit } = roomFor(context, position, block, range)
  return lane < 0 ? -1 : credit
}

/** BS-1: how many bytes a block may have more than it has; negative if it has too many. */
export function bodyRoom(
  context: DeriveContext,
  position: Position,
  block: Block,
  range: readonly PendingBlock[],
): number {
  const { lane, credit } = roomFor(context, position, block, range)
  return Math.min(lane, credit)
}

/** What a block leaves of the lane, beside the largest certificate, and of the credit. */
function roomFor(
  { parameters }: DeriveContext,
  { tip, epoch }: Position,
  block: Block,
  range: readonly PendingBlock[],
): { readonly lane: number; readonly credit: number } {
  const bytes = blockBytes(block)
  const final = encode((out) => writeCertificate(out, largestCertificate(epoch))).length
  const grown = tip.credit + parameters.creditRateBytes * range.length
  return {
    // Both items of a checkpoint have a few bytes of their own.
    lane: parameters.checkpointLaneBytes - bytes - final - checkpointFrameBytes,
    credit: Math.min(creditBurstBytes(parameters), grown) - bytes,
  }
}

/** Versions, counts and names around one block in a checkpoint and its bodies. */
export const checkpointFrameBytes = 128

function largestCertificate(epoch: Epoch) {
  const known = largest.get(epoch)
  if (known !== undefined) return known
  const signatures = epoch.validators.validators.map((_, voter) => ({ voter, signature: new Uint8Array(64) }))
  const made = { epochId: epoch.id, view: 0, type: 'final', hash: epoch.id, signatures } as const
  largest.set(epoch, made)
  return made
}

const largest = new WeakMap<Epoch, Parameters<typeof writeCertificate>[1]>()

type Executed =
  | { readonly kind: 'executed'; readonly execution: Execution; readonly receipts: readonly ForcedReceipt[] }
  | { readonly kind: 'fault'; readonly reason: string }

/** FI-1, then the body, of which every transaction has to have its effect. */
export function executeBody(
  context: DeriveContext,
  before: Execution,
  range: readonly PendingBlock[],
  block: Block,
): Executed {
  const { transactionsRoot } = block.header
  if (!equal(transactionsRoot, hashTransactions(block.body.map(transactionId)))) return fault('body-root')
  const from = stateRootOf(before)
  const known = context.executed?.get(from, range, transactionsRoot)
  if (known !== undefined) return { kind: 'executed', ...known }
  const executed = executeTransactions(context, before, range, block.body)
  if (executed.kind === 'executed') {
    const { execution, receipts } = executed
    context.executed?.set(from, range, transactionsRoot, { execution, receipts })
  }
  return executed
}

function executeTransactions(
  context: DeriveContext,
  before: Execution,
  range: readonly PendingBlock[],
  body: Block['body'],
): Executed {
  const inputs = executePending(context, before, range, false)
  let { execution } = inputs
  for (const bytes of body) {
    try {
      const transaction = decodeTransaction(bytes)
      const { publicKey, message, signature } = transactionSignature(context.execution.chainId, transaction)
      if (!context.verify(publicKey, message, signature)) return fault('transaction-signature')
      const outcome = applyTransaction(context.execution, execution, transaction)
      if (outcome.code !== null) return fault(`transaction-${outcome.code.toLowerCase()}`)
      execution = outcome.execution
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      return fault('transaction-encoding')
    }
  }
  return { kind: 'executed', execution, receipts: inputs.receipts }
}

export function executePending(
  context: DeriveContext,
  before: Execution,
  range: readonly PendingBlock[],
  isRecorded: boolean,
): { readonly execution: Execution; readonly receipts: readonly ForcedReceipt[] } {
  let execution = before
  const receipts: ForcedReceipt[] = []
  for (const { height, inputs } of range) {
    for (const input of inputs) {
      const outcome = executeInput(context.execution, execution, input, isRecorded)
      execution = outcome.execution
      receipts.push({ input, posted: height, outcome })
    }
  }
  return { execution, receipts }
}

/** R11: the set of the next epoch, which the terminal block commits to; every other block names its own set. */
export function nextValidators(
  { parameters }: DeriveContext,
  { epoch }: Pick<Position, 'epoch'>,
  { stake }: Execution,
  height: number,
): ValidatorSet {
  if (height % parameters.epochHeights !== parameters.epochHeights - 1) return epoch.validators
  const validators = validatorsOf(weightsAt(stake, stake.epoch + 1), parameters.minStake)
  // Without anybody to hand over to, the set stays.
  return validators.length === 0 ? epoch.validators : validatorSet(validators)
}

/** The certificate of a checkpoint covers its last block, directly or over the headers of the path. */
export function finalFault(
  context: DeriveContext,
  epoch: Epoch,
  { path, final }: Checkpoint,
  tip: Header,
): string | null {
  let last = tip
  for (const header of path) {
    if (!equal(header.epochId, epoch.id) || !equal(header.parentHash, hashHeader(last))) return 'path'
    if (header.view <= last.view || header.parentView !== last.view) return 'path'
    last = header
  }
  if (final.type !== 'final' || final.view !== last.view || !equal(final.hash, hashHeader(last)))
    return 'final'
  return certificateFault(epoch, final, context.verify)
}

function fault(reason: string): { readonly kind: 'fault'; readonly reason: string } {
  return { kind: 'fault', reason }
}
