import type { Effect, Observation } from './effect.ts'
import type { JournalEntry } from './journal.ts'
import type { LeaderSchedule } from './leader.ts'
import type { BlockRules } from './rules.ts'
import type { CoreInit, CoreState } from './state.ts'
import type { Message, Peer } from './types.ts'

/** One step in the making: what the rules read and change, and the effects they ask for. */
export interface Context {
  readonly init: CoreInit
  readonly state: CoreState
  readonly leaderOf: LeaderSchedule
  readonly rules: BlockRules
  /** Durable before any message of this step goes out. */
  readonly entries: JournalEntry[]
  readonly messages: Effect[]
  /** Finalizations, timers and observations. */
  readonly others: Effect[]
}

export function createContext(
  init: CoreInit,
  state: CoreState,
  leaderOf: LeaderSchedule,
  rules: BlockRules,
): Context {
  return { init, state, leaderOf, rules, entries: [], messages: [], others: [] }
}

/** One `persist` for the whole step, then the messages, then the rest. */
export function effectsOf({ entries, messages, others }: Context): readonly Effect[] {
  const persist: Effect[] = entries.length > 0 ? [{ kind: 'persist', entries }] : []
  return [...persist, ...messages, ...others]
}

export function broadcast(context: Context, message: Message): void {
  context.messages.push({ kind: 'broadcast', message })
}

export function send(context: Context, to: Peer, message: Message): void {
  context.messages.push({ kind: 'send', to, message })
}

export function observe(context: Context, observation: Observation): void {
  context.others.push({ kind: 'observe', observation })
}
