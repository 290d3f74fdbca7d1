import { type Hex, toHex, unreachable } from '@groundwork/primitives'
import { onBlock, placeWaiting } from './blocks.ts'
import { type Context, createContext, effectsOf, refuse } from './context.ts'
import type { PhysicalEffect } from './effect.ts'
import type { OfferedItem, PhysicalEvent } from './event.ts'
import { lookUp, lookUpWithoutVdf, onLookedUp, onProved } from './farming.ts'
import type { PhysicalJournalEntry } from './journal.ts'
import { offer, purge, withdraw } from './mempool.ts'
import { prune } from './prune.ts'
import { createQueries, type Queries } from './queries.ts'
import { restore, type Stored } from './restore.ts'
import { currentSlot } from './rules.ts'
import { signedEntries } from './sign-record.ts'
import { onSlotProof, slotFault } from './slots.ts'
import { type PhysicalInit, type PhysicalState, tipOf } from './state.ts'
import { evaluate, isAsked, paceTimelord } from './timelord.ts'
import { followTip } from './tip.ts'
import type { Item, Peer, Slot, SlotProof } from './types.ts'

export interface PhysicalCore extends Queries {
  /**
   * Applies one event and returns the effects to perform, in order, before the next event. Total: bad input is counted
   * and dropped, never an exception. Deterministic: equal inits and events give equal effects.
   */
  step(event: PhysicalEvent): readonly PhysicalEffect[]
  /** For reading only. */
  readonly state: PhysicalState
  /** Entries that may replace the journal. */
  journal(): PhysicalJournalEntry[]
}

/** A node of the physical chain, resumed from what its store and journal hold (both empty at first). */
export function createPhysicalCore(init: PhysicalInit & { readonly stored?: Stored }): PhysicalCore {
  const state = restore(init, init.stored ?? {})
  return {
    ...createQueries(init, state),
    state,
    step(event) {
      const context = createContext(init, state)
      apply(context, event)
      settle(context)
      return effectsOf(context)
    },
    journal: () => signedEntries(state.signed),
  }
}

function apply(context: Context, event: PhysicalEvent): void {
  switch (event.kind) {
    case 'start':
      context.state.started = true
      return onClock(context, event.slot)
    case 'clock':
      return onClock(context, event.slot)
    case 'plots':
      context.state.plots = event.plots
      return
    case 'slots':
      for (const proof of event.proofs) onSlotProof(context, proof, event.live, event.from)
      return
    case 'blocks':
      for (const block of event.blocks) onBlock(context, block, event.from)
      return
    case 'items':
      return onItems(context, event.items, event.from)
    case 'withdraw-items':
      for (const hash of event.hashes) withdraw(context.state.mempool, toHex(hash))
      return
    case 'looked-up':
      return onLookedUp(context, event)
    case 'proved':
      return onProved(context, event)
    case 'evaluated':
      return onEvaluated(context, event.proof)
    default:
      return unreachable(event)
  }
}

/** What follows from what is known now, whatever the event was. */
function settle(context: Context): void {
  placeWaiting(context)
  if (followTip(context)) prune(context)
  lookUp(context)
  evaluate(context)
}

function onClock(context: Context, slot: Slot): void {
  const { state, rules } = context
  // A wall clock may be set back; slots are not.
  if (!Number.isSafeInteger(slot) || slot <= state.clock) return
  state.clock = slot
  askAgain(context)
  const { chain } = tipOf(state)
  purge(state.mempool, rules, chain, currentSlot(rules, chain, slot))
  lookUpWithoutVdf(context)
  paceTimelord(context)
}

/** What is missing is asked for at each slot, and given up after a while with what waited for it. */
function askAgain(context: Context): void {
  const { state, limits, others } = context
  for (const [key, wanted] of [...state.wanted]) {
    if (wanted.askedAt === state.clock) continue
    wanted.askedAt = state.clock
    wanted.asked++
    if (wanted.asked <= limits.fetchSlots) {
      others.push({ kind: 'fetch', want: wanted.want, hint: wanted.hint })
      continue
    }
    state.wanted.delete(key)
    refuse(context, wanted.want.kind === 'block' ? 'block' : 'slot', 'fetch-given-up', wanted.hint)
    if (wanted.want.kind === 'block') forgetWaitingFor(state, toHex(wanted.want.hash))
  }
}

function forgetWaitingFor(state: PhysicalState, parent: Hex): void {
  for (const [key, { block }] of [...state.waiting]) {
    if (toHex(block.block.foliage.parentHash) !== parent || !state.waiting.delete(key)) continue
    forgetWaitingFor(state, key)
  }
}

function onItems(context: Context, items: readonly OfferedItem[], from: Peer | null): void {
  const { state, rules, others } = context
  const { chain } = tipOf(state)
  const taken: Item[] = []
  for (const offered of items) {
    const fault = offer(state.mempool, rules, chain, currentSlot(rules, chain, state.clock), offered)
    if (fault === null) taken.push(offered.item)
    else if (fault !== 'item-known' || from === null) refuse(context, 'item', fault, from)
  }
  if (from === null && taken.length > 0)
    others.push({ kind: 'broadcast', message: { kind: 'items', items: taken } })
}

/** PC15. An own slot proof is told to everybody. */
function onEvaluated(context: Context, proof: SlotProof): void {
  // Another timelord was faster.
  if (slotFault(context, proof) === 'slot-known') return
  if (!isAsked(context, proof)) return refuse(context, 'slot', 'slot-unasked', null)
  context.state.evaluating = null
  onSlotProof(context, proof, true, null)
  context.others.push({ kind: 'broadcast', message: { kind: 'slot-proof', proof } })
}
