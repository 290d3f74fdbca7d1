import { equal, unreachable } from '@groundwork/primitives'
import { endEpoch, executeBlocks, finalize, onBlocks, onProposal, wake } from './chain.ts'
import { broadcast, type Context, createContext, effectsOf, observe } from './context.ts'
import type { Effect } from './effect.ts'
import type { AdmittedTransaction, Event, Timer } from './event.ts'
import { compareEpochs, type JournalEntry } from './journal.ts'
import { leaderSchedule } from './leader.ts'
import { addToPool, poolFault } from './mempool.ts'
import { propose } from './proposing.ts'
import { pureRules } from './pure-rules.ts'
import { notePeerView, onRelayTimer } from './relay.ts'
import { restore, snapshot } from './restore.ts'
import type { BlockRules } from './rules.ts'
import type { CoreInit, CoreState } from './state.ts'
import {
  armStandstill,
  askAgain,
  onFetchTimer,
  onPeerUp,
  onStandstill,
  onStatus,
  recentMessages,
} from './sync.ts'
import { addCertificate, addVote } from './tally.ts'
import type { Epoch, ValidatorIndex, View, Vote } from './types.ts'
import { enterViews, onViewTimer, skipWithLeader, startView, stopOrGo } from './views.ts'
import { finalizeVotes, notarize } from './voting.ts'

export interface StakeCore {
  /**
   * Applies one event and returns the effects to perform, in order, before the next event. Total: bad input is an
   * effect or nothing, never an exception. Deterministic: equal inits and events give equal effects.
   */
  step(event: Event): readonly Effect[]
  /** For reading only. */
  readonly state: CoreState
  readonly epoch: Epoch
  /** For asking only: views of the physical chain go through `step`. */
  readonly rules: BlockRules
  /** Entries that may replace the journal: what a later start needs. */
  snapshot(): JournalEntry[]
  leader(view: View): ValidatorIndex
  /** Why the pool would not take a transaction now, or null. */
  transactionFault(transaction: AdmittedTransaction): string | null
  /** True for a vote under our own key that we never signed: somebody else runs with it. */
  isForeign(vote: Vote): boolean
}

/** A validator of one epoch, resumed from what its journal and store hold (both empty at first). */
export function createCore(init: CoreInit & { readonly journal: readonly JournalEntry[] }): StakeCore {
  const leaderOf = leaderSchedule(init.epoch)
  const rules = init.rules ?? pureRules(init.epoch)
  const state = restore(init, leaderOf, rules, init.journal)
  return {
    state,
    epoch: init.epoch,
    rules,
    step(event) {
      if (state.ended) return []
      const context = createContext(init, state, leaderOf, rules)
      apply(context, event)
      settle(context)
      return effectsOf(context)
    },
    snapshot: () => snapshot(state),
    leader: leaderOf,
    transactionFault: (transaction) =>
      rules.refusal(transaction.transaction) ??
      poolFault(state.mempool, state.final.position.ledger, transaction),
    isForeign(vote) {
      if (vote.voter !== init.self || vote.view <= state.final.view) return false
      const own = state.views.get(vote.view)?.own[vote.type]
      return own === undefined || own.hash.some((byte, i) => byte !== vote.hash[i])
    },
  }
}

function apply(context: Context, event: Event): void {
  notePeerView(context, event)
  switch (event.kind) {
    case 'start':
      return start(context, event.signing)
    case 'timer':
      return onTimer(context, event.timer)
    case 'vote':
      return addVote(context, event.vote)
    case 'certificate': {
      const before = context.state.view
      addCertificate(context, event.certificate, event.from)
      enterViews(context)
      return askAgain(context, event.from, before)
    }
    case 'proposal':
      return onProposal(context, event.proposal, event.from)
    case 'blocks':
      return onBlocks(context, event.proposals, event.from)
    case 'status':
      return onStatus(context, event.status, event.from)
    case 'transactions':
      return onTransactions(context, event.transactions)
    case 'peer-up':
      return onPeerUp(context, event.peer)
    case 'peer-down':
      context.state.peers.delete(event.peer)
      context.state.peerViews.delete(event.peer)
      return
    case 'physical':
      return onPhysical(context, event.view)
    default:
      return unreachable(event)
  }
}

function onPhysical(context: Context, view: object): void {
  const next = context.rules.physical(view)
  if (next !== null) return endEpoch(context, next, true)
  stopOrGo(context)
  wake(context)
}

function onTimer(context: Context, timer: Timer): void {
  switch (timer.kind) {
    case 'propose':
      context.state.proposeDue = Math.max(context.state.proposeDue, timer.view)
      return
    case 'view':
      return onViewTimer(context, timer.view, timer.restart ?? 0)
    case 'relay':
      return onRelayTimer(context, timer.view)
    case 'standstill':
      return onStandstill(context, timer.finalView, timer.round)
    case 'fetch':
      return onFetchTimer(context, timer.hash, timer.attempt)
    default:
      return unreachable(timer)
  }
}

/** Applies the rules until none has anything left to do. */
function settle(context: Context): void {
  const rules = [executeBlocks, finalize, enterViews, notarize, finalizeVotes, skipWithLeader, propose]
  for (let changed = true; changed && !context.state.ended; ) {
    changed = false
    for (const rule of rules) if (!context.state.ended) changed = rule(context) || changed
  }
}

/** Own votes above the floor are said again: they may never have left before the crash. */
function start(context: Context, signing: boolean): void {
  const { state } = context
  if (state.started) return
  state.started = true
  state.signing = signing && enterEpoch(context)
  state.stopped = !context.rules.maySign()
  const { view } = state
  observe(context, { kind: 'view-entered', view, leader: context.leaderOf(view), cause: 'start' })
  for (const message of recentMessages(context)) broadcast(context, message)
  startView(context)
  armStandstill(context)
}

/** False if the journal bars the epoch: what was signed there before may be forgotten by now. */
function enterEpoch({ state, init, rules, entries }: Context): boolean {
  const { number, id: epochId } = init.epoch
  const own = { generation: rules.generation, number, epochId }
  if (state.entered !== null && equal(state.entered.epochId, epochId)) return true
  if (state.entered !== null && compareEpochs(state.entered, own) >= 0) return false
  if (number === 0) return true
  state.entered = own
  entries.push({ kind: 'entered', ...own })
  return true
}

function onTransactions(context: Context, transactions: readonly AdmittedTransaction[]): void {
  const { mempool, final } = context.state
  for (const transaction of transactions) {
    if (poolFault(mempool, final.position.ledger, transaction) === null) addToPool(mempool, transaction)
  }
}
