import { assert, hash, toHex } from '@groundwork/primitives'
import { createEpoch, type Epoch, validatorSet } from '@groundwork/stake-core'
import type { Key } from '../mode/index.ts'
import { creditBurstBytes } from '../params.ts'
import { deferDeposits, stateRootOf, turnEpoch, validatorsOf, weightsAt } from '../stake/index.ts'
import type { DeriveRecord } from './record.ts'
import { nextValidators, type Position } from './segment.ts'
import type { DeriveContext, DeriveState } from './state.ts'

/** R11: after the terminal block, which is the new tip. */
export function startEpoch(context: DeriveContext, state: DeriveState, records: DeriveRecord[]): DeriveState {
  const { epoch, execution, tip } = successorOf(context, state)
  return { ...enter(state, epoch, records), execution, anchored: execution, tip }
}

/**
 * R11: where the next epoch begins, from the position after a terminal block. Its seed was fixed before anybody knew who
 * would propose that block.
 */
export function successorOf(context: DeriveContext, position: Position): Position {
  const { execution, tip, pending } = position
  const validators = nextValidators(context, position, execution, tip.height)
  const turned = { ...execution, stake: turnEpoch(execution.stake) }
  const epoch = createEpoch({
    chainId: position.epoch.chainId,
    number: turned.stake.epoch,
    genesisHash: tip.hash,
    validators,
    seed: tip.parentSeed,
  })
  return { epoch, execution: turned, tip: { ...tip, view: 0 }, pending }
}

/** R11: who is in the running epoch's set or, as it stands, in the next one's. */
export function keysAround({ parameters }: DeriveContext, { epoch, execution }: Position): ReadonlySet<Key> {
  const { stake } = execution
  const next = validatorsOf(weightsAt(stake, stake.epoch + 1), parameters.minStake)
  return new Set([...epoch.validators.validators, ...next].map(({ publicKey }) => toHex(publicKey)))
}

/** PHYS: after an exit, an epoch that begins with the state after the exit block and is named after it. */
export function startPhysicalEpoch(
  context: DeriveContext,
  state: DeriveState,
  weights: ReadonlyMap<Key, number>,
  records: DeriveRecord[],
): DeriveState {
  const space = [...state.spaces.keys()].at(-1)
  assert(space !== undefined, 'the running physical epoch is known')
  const { ledger, stake } = state.execution
  const execution = { ledger, stake: turnEpoch(deferDeposits(stake)) }
  const genesisHash = hash('groundwork/recorded-exit/1', state.hash, stateRootOf(execution))
  const seed = hash('groundwork/recorded-exit-seed/1', state.hash)
  const epoch = createEpoch({
    chainId: state.epoch.chainId,
    number: execution.stake.epoch,
    genesisHash,
    validators: validatorSet(validatorsOf(weights, context.parameters.minStake)),
    seed,
  })
  return {
    ...enter(state, epoch, records),
    execution,
    anchored: execution,
    targets: [],
    tip: {
      hash: genesisHash,
      height: state.tip.height,
      view: 0,
      anchor: { height: state.height, hash: state.hash, seed, epoch: space },
      parentSeed: seed,
      credit: creditBurstBytes(context.parameters),
    },
  }
}

function enter(state: DeriveState, epoch: Epoch, records: DeriveRecord[]): DeriveState {
  const { height } = state
  records.push({ kind: 'epoch', height, number: epoch.number, id: epoch.id })
  const ended = state.epochs.map((known) => (known.ended === null ? { ...known, ended: height } : known))
  return { ...state, epoch, epochs: [...ended, { epoch, ended: null }] }
}
