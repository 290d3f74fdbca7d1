import {
  type DeriveRecord,
  type DeriveState,
  deriveRoot,
  type ModeEvent,
  supplyOf,
} from '@groundwork/hybrid-core'
import { type Hash, toHex } from '@groundwork/primitives'
import type { Epoch } from '@groundwork/stake-core'
import type { HazardName, HybridEvent, HybridFact, StakeBlockName, SupplyRecord } from './hybrid-record.ts'
import { epochRecord } from './observed.ts'

/** Roots are compared at every so many physical blocks, on all nodes at the same ones. */
export const rootEveryBlocks = 8

/** The record of a physical block that was derived: `state` after it. */
export function derivedFact(state: DeriveState, records: readonly DeriveRecord[]): HybridFact {
  const turned = records.some(({ kind }) => kind === 'mode' || kind === 'epoch')
  const rooted = turned || state.height % rootEveryBlocks === 0
  return {
    kind: 'derived',
    height: state.height,
    block: toHex(state.hash),
    mode: state.mode.recorded === null ? 'FAST' : 'RECORDED',
    root: rooted ? toHex(deriveRoot(state)) : null,
    supply: rooted ? supplyRecord(state) : null,
    events: records.map(hybridEvent),
  }
}

export function hybridEvent(record: DeriveRecord): HybridEvent {
  switch (record.kind) {
    case 'checkpoint-accepted': {
      const { kind, epoch, tip, tipHeight, blocks, anchor, refreshing } = record
      return { kind, epoch, tip: toHex(tip), tipHeight, blocks, anchor, refreshing }
    }
    case 'checkpoint-rejected':
      return { kind: record.kind, reason: record.reason }
    case 'posted':
      return { kind: 'forced-posted', transaction: toHex(record.id) }
    case 'forced': {
      const { id, posted, code, by } = record
      return { kind: 'forced-executed', transaction: toHex(id), posted, code, by }
    }
    case 'slashed':
      return { kind: 'slashed', validator: record.validator, rule: record.rule }
    case 'banned':
      return { kind: 'banned', plot: record.plot }
    case 'unbonding':
      return { kind: 'unbonding-began', lot: record.lot, amount: record.amount, due: record.due }
    case 'payout-due':
      return { kind: 'payout', lot: record.lot, amount: record.amount }
    case 'paid-out':
      return { kind: 'paid-out', lot: record.lot, validator: record.validator, amount: record.amount }
    case 'epoch':
      return { kind: 'epoch-began', number: record.number, id: toHex(record.id) }
    case 'ignored':
      return { kind: 'ignored', item: record.item, reason: record.reason }
    case 'mode':
      return modeEvent(record.event)
  }
}

function modeEvent(event: ModeEvent): HybridEvent {
  switch (event.kind) {
    case 'refreshed':
      // Said by the checkpoint.
      return { kind: 'ignored', item: 'checkpoint', reason: 'refreshed' }
    case 'trigger':
      return { kind: 'recorded-began', needed: event.needed, firstWindow: event.firstWindow }
    case 'window-closed': {
      const { target, source, present, weight, space, total, justified, streak, leaked, activated } = event
      return {
        kind: 'window-closed',
        window: target.window,
        target: target.hash,
        source: source.window,
        present,
        weight,
        space: `${space}`,
        total: `${total}`,
        justified,
        streak,
        leaked,
        activated,
      }
    }
    case 'finalised':
      return { kind: 'target-final', window: event.target.window, target: event.target.hash }
    case 'exit':
      return {
        kind: 'fast-resumed',
        validators: [...event.validators].map(([validator, amount]) => ({ validator, amount })),
      }
  }
}

function supplyRecord({ execution }: DeriveState): SupplyRecord {
  const { stake } = execution
  let staked = 0n
  for (const { amount } of stake.lots.values()) staked += BigInt(amount)
  return {
    total: `${supplyOf(execution)}`,
    staked: `${staked}`,
    slashed: `${stake.slashed}`,
    leaked: `${stake.leaked}`,
    fees: `${stake.fees}`,
  }
}

interface NamedBlock {
  readonly epoch: number | null
  readonly height: number
  readonly hash: Hash
}

const stakeBlocks = (blocks: readonly NamedBlock[]): StakeBlockName[] =>
  blocks.map(({ epoch, height, hash }) => ({ epoch, height, hash: toHex(hash) }))

/** `delivered`: handed out as fast; `pending`: held back by R5a. */
export function deliveredFact(kind: 'delivered' | 'pending', blocks: readonly NamedBlock[]): HybridFact {
  return { kind: kind === 'pending' ? 'held-back' : kind, blocks: stakeBlocks(blocks) }
}

export function hazardFact(hazard: {
  readonly kind: HazardName
  readonly reason: string
  readonly branch: { readonly tip: Hash; readonly height: number; readonly fork: number }
  readonly lost: readonly NamedBlock[]
  readonly instead: readonly NamedBlock[]
}): HybridFact {
  const { kind, reason, branch, lost, instead } = hazard
  return {
    kind: 'hazard',
    hazard: kind,
    reason,
    tip: toHex(branch.tip),
    height: branch.height,
    fork: branch.fork,
    lost: stakeBlocks(lost),
    instead: stakeBlocks(instead),
  }
}

/** Written when one of the two moved. */
export function ledgerFact(
  ledger: 'anchored' | 'phys',
  point: { readonly stake: NamedBlock; readonly physicalHeight: number },
): HybridFact {
  const [stake] = stakeBlocks([point.stake])
  return { kind: 'ledger', ledger, stake: stake as StakeBlockName, physicalHeight: point.physicalHeight }
}

export function epochEnteredFact(epoch: Epoch): HybridFact {
  return { kind: 'epoch-entered', epoch: epochRecord(epoch) }
}
