import { transactionId } from '@groundwork/ledger'
import { type Item, laneOf, laneRootOf } from '@groundwork/physical-core'
import { assert, CodedError, equal, toHex } from '@groundwork/primitives'
import {
  type Height,
  type Key,
  type ModeBlock,
  type ModeEvent,
  openBlock,
  type QueuedDeposit,
} from '../mode/index.ts'
import {
  decodeCharge,
  decodeCheckpoint,
  decodeCheckpointBodies,
  decodeForced,
  decodeRecordedVote,
  decodeSpaceVote,
} from '../payload/index.ts'
import { activateStake, type Execution, type Input, leakStake, weightsAt } from '../stake/index.ts'
import { countRecordedVote, countSpaceVote } from './ballots.ts'
import { judgeCharge } from './charges.ts'
import { acceptCheckpoint, type OfferedCheckpoint } from './checkpoints.ts'
import { runClocks } from './clocks.ts'
import { startPhysicalEpoch } from './epochs.ts'
import { type DeriveRecord, recordReceipts } from './record.ts'
import { executePending } from './segment.ts'
import {
  type DeriveContext,
  type DeriveState,
  frozenSpace,
  type PendingBlock,
  type PhysicalInput,
  spaceOf,
} from './state.ts'

export interface Derived {
  readonly state: DeriveState
  readonly records: readonly DeriveRecord[]
}

/**
 * What the next physical block makes of the stake chain. Total and deterministic: whatever the items hold, there is a
 * next state, and equal chains give equal states.
 */
export function derive(context: DeriveContext, before: DeriveState, input: PhysicalInput): Derived {
  const { block, epoch: physical } = input
  assert(equal(block.foliage.parentHash, before.hash), 'blocks are derived in the order of their chain')
  const height = before.height + 1
  const records: DeriveRecord[] = []
  const mode = openBlock(context.parameters, before.mode, toHex(input.hash))
  let state = learnSpace(before, input)

  const due = runClocks(context, state, height, records)
  const inputs: Input[] = [...due.inputs]
  state = { ...state, height, hash: input.hash, clocks: due.clocks }
  const offered: OfferedCheckpoint = { checkpoint: null, bodies: null }
  const desk: Desk = { context, mode, height, inputs, records, offered }
  for (const item of block.items) state = takeItem(desk, state, item)

  const pending: PendingBlock = {
    height,
    hash: input.hash,
    seed: physical.seed,
    epoch: physical.number,
    laneRoots: [laneRoot(block.items, 'forced'), laneRoot(block.items, 'evidence')],
    inputs,
  }
  state = { ...state, pending: [...state.pending, pending] }

  mode.trigger(() => ({
    validators: triggerWeights(context, state),
    snapshot: frozenSpace(state),
    deposits: waiting(state.execution),
  }))
  if (mode.state.recorded !== null) state = executeRecorded(context, mode, state, records)
  const closed = mode.close()
  state = { ...state, mode: closed }
  for (const event of mode.events) {
    if (event.kind !== 'refreshed') records.push({ kind: 'mode', height, event })
    state = follow(context, state, event, records)
  }
  const open = closed.recorded?.open
  if (open != null && !state.targets.some(({ window }) => window === open.window)) {
    const kept = state.targets.filter(({ window }) => window >= open.window - 1)
    state = { ...state, targets: [...kept, { window: open.window, execution: state.execution }] }
  }
  return { state: forget(context, state), records }
}

interface Desk {
  readonly context: DeriveContext
  readonly mode: ModeBlock
  readonly height: Height
  readonly inputs: Input[]
  readonly records: DeriveRecord[]
  offered: OfferedCheckpoint
}

/** One item in the order of the block. Garbage is recorded and has no effect. */
function takeItem(desk: Desk, state: DeriveState, item: Item): DeriveState {
  try {
    return performItem(desk, state, item)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    desk.records.push({ kind: 'ignored', height: desk.height, item: item.kind, reason: error.code })
    return state
  }
}

function performItem(desk: Desk, state: DeriveState, item: Item): DeriveState {
  const { context, mode, height, inputs, records } = desk
  const ignore = (reason: string | null) => {
    if (reason !== null) records.push({ kind: 'ignored', height, item: item.kind, reason })
  }
  const ban = (plot: Key) => {
    if (mode.apply({ kind: 'ban', plot }) === null) records.push({ kind: 'banned', height, plot })
  }
  switch (item.kind) {
    case 'checkpoint':
    case 'checkpoint-bodies': {
      desk.offered =
        item.kind === 'checkpoint'
          ? { ...desk.offered, checkpoint: decodeCheckpoint(item.bytes) }
          : { ...desk.offered, bodies: decodeCheckpointBodies(item.bytes) }
      if (desk.offered.checkpoint === null || desk.offered.bodies === null) return state
      const { checkpoint, bodies } = desk.offered
      desk.offered = { checkpoint: null, bodies: null }
      return acceptCheckpoint(context, mode, state, { checkpoint, bodies }, records)
    }
    case 'forced-transaction': {
      const transaction = decodeForced(item.bytes)
      inputs.push({ kind: 'forced', transaction })
      records.push({ kind: 'posted', height, id: transactionId(transaction) })
      return state
    }
    case 'stake-evidence': {
      // Charges of one block see each other's verdicts, so that one offence is punished once.
      const bench = { ...state, ordered: inputs }
      const verdict = judgeCharge(context, bench, height, decodeCharge(item.bytes))
      if (verdict.kind === 'nothing') ignore(verdict.reason)
      else if (verdict.kind === 'plot') ban(verdict.plot)
      else {
        const { validator, rule } = verdict
        inputs.push({ kind: 'slash', validator, rule, height })
        records.push({ kind: 'slashed', height, validator, rule })
      }
      return state
    }
    case 'recorded-vote':
      ignore(countRecordedVote(context, state, mode, decodeRecordedVote(item.bytes)))
      return state
    case 'space-vote':
      ignore(countSpaceVote(context, frozenSpace(state), mode, decodeSpaceVote(item.bytes)))
      return state
    case 'farmer-equivocation':
      ban(toHex(item.a.trunk.plotId))
      return state
    default:
      return state
  }
}

function laneRoot(items: readonly Item[], lane: 'forced' | 'evidence') {
  return laneRootOf(items.filter(({ kind }) => laneOf(kind) === lane))
}

function learnSpace(state: DeriveState, { epoch }: PhysicalInput): DeriveState {
  if (state.spaces.has(epoch.number)) return state
  return { ...state, spaces: new Map(state.spaces).set(epoch.number, spaceOf(epoch)) }
}

/** V': whoever the running epoch counts, but for those whose slashing is on its way. */
function triggerWeights(context: DeriveContext, { epoch, execution }: DeriveState): Map<Key, number> {
  const weights = weightsAt(execution.stake, execution.stake.epoch)
  const members = new Set(epoch.validators.validators.map(({ publicKey }) => toHex(publicKey)))
  const guilty = new Set(execution.stake.offences.map(({ validator }) => validator))
  const { minStake } = context.parameters
  return new Map(
    [...weights].filter(([key, weight]) => members.has(key) && !guilty.has(key) && weight >= minStake),
  )
}

/** Deposits that FAST had not counted yet. */
function waiting({ stake }: Execution): QueuedDeposit[] {
  return [...stake.lots.values()]
    .filter((lot) => lot.until === null && lot.from > stake.epoch)
    .map(({ validator, amount }) => ({ validator, amount, age: 0 }))
}

/** RECORDED: the physical chain orders, and everything pending is executed now. */
function executeRecorded(
  context: DeriveContext,
  mode: ModeBlock,
  state: DeriveState,
  records: DeriveRecord[],
): DeriveState {
  const { execution, receipts } = executePending(context, state.execution, state.pending, true)
  for (const { input, outcome } of receipts) {
    if (outcome.code !== null) continue
    if (input.kind === 'slash') mode.apply({ kind: 'slash', validator: input.validator })
    if (outcome.deposit !== undefined) mode.apply({ kind: 'deposit', ...outcome.deposit })
  }
  recordReceipts(receipts, state.height, 'recorded', records)
  return { ...state, execution, pending: [] }
}

/** What the mode decided about stake happens to the lots. */
function follow(
  context: DeriveContext,
  state: DeriveState,
  event: ModeEvent,
  records: DeriveRecord[],
): DeriveState {
  switch (event.kind) {
    case 'window-closed': {
      const { ledger, stake } = state.execution
      const after = activateStake(leakStake(stake, event.leaked), event.activated)
      return { ...state, execution: { ledger, stake: after } }
    }
    case 'finalised': {
      const target = state.targets.find(({ window }) => window === event.target.window)
      assert(target !== undefined, 'the state after a target is kept until a later one is final')
      return { ...state, anchored: target.execution }
    }
    case 'exit':
      return startPhysicalEpoch(context, state, event.validators, records)
    default:
      return state
  }
}

/** Epochs too old for evidence, and space too old for a stall, are forgotten: everything kept is bounded. */
function forget({ parameters }: DeriveContext, state: DeriveState): DeriveState {
  const isOld = (ended: Height | null) =>
    ended !== null && state.height - ended > 2 * parameters.evidenceMaxAgeBlocks
  const epochs = state.epochs.some(({ ended }) => isOld(ended))
    ? state.epochs.filter(({ ended }) => !isOld(ended))
    : state.epochs
  // The newest at or below the wanted epoch stays: it stands for epochs that had no block.
  const wanted = Math.max(0, state.refreshedEpoch - 2)
  const floor = Math.max(...[...state.spaces.keys()].filter((number) => number <= wanted), -1)
  const spaces = [...state.spaces.keys()].some((number) => number < floor)
    ? new Map([...state.spaces].filter(([number]) => number >= floor))
    : state.spaces
  return { ...state, epochs, spaces }
}
