import { toHex } from '@groundwork/primitives'
import type { PhysicalEffect, PhysicalObservation, Want } from './effect.ts'
import type { PhysicalJournalEntry } from './journal.ts'
import type { ChainRules } from './rules.ts'
import { defaultLimits, type Limits, type PhysicalInit, type PhysicalState } from './state.ts'
import type { Peer } from './types.ts'

/** One step: what it changes, and what it asks for. */
export interface Context {
  readonly init: PhysicalInit
  readonly rules: ChainRules
  readonly limits: Limits
  readonly state: PhysicalState
  /** Persisted before any other effect of the step. */
  readonly entries: PhysicalJournalEntry[]
  readonly others: PhysicalEffect[]
}

export function createContext(init: PhysicalInit, state: PhysicalState): Context {
  const limits = { ...defaultLimits, ...init.limits }
  return { init, rules: init.rules, limits, state, entries: [], others: [] }
}

export function effectsOf({ entries, others }: Context): readonly PhysicalEffect[] {
  return entries.length === 0 ? others : [{ kind: 'persist', entries }, ...others]
}

export function observe({ others }: Context, observation: PhysicalObservation): void {
  others.push({ kind: 'observe', observation })
}

export type RefusedThing = Extract<PhysicalObservation, { kind: 'refused' }>['what']

/** Input was dropped: counted. */
export function refuse(context: Context, what: RefusedThing, reason: string, from: Peer | null): void {
  const { refusals } = context.state
  refusals.set(reason, (refusals.get(reason) ?? 0) + 1)
  observe(context, { kind: 'refused', what, reason, from })
}

export function wantKey(want: Want): string {
  return want.kind === 'block' ? `block:${toHex(want.hash)}` : `slots:${toHex(want.seed)}`
}

/** Asks the host to fetch, now and at every later slot until it is here. */
export function want(context: Context, wanted: Want, hint: Peer | null): void {
  const { state, limits, others } = context
  const key = wantKey(wanted)
  const known = state.wanted.get(key)
  if (known !== undefined) {
    if (known.want.kind === 'block' || wanted.kind === 'block' || known.want.to >= wanted.to) return
  } else if (state.wanted.size >= limits.wants || askedBy(context, hint) >= limits.wants / 4) {
    return refuse(context, wanted.kind === 'block' ? 'block' : 'slot', 'fetch-too-many', hint)
  }
  state.wanted.set(key, { want: wanted, hint, askedAt: state.clock, asked: 1 })
  others.push({ kind: 'fetch', want: wanted, hint })
}

/** No peer alone can use up what may be fetched. */
function askedBy({ state }: Context, peer: Peer | null): number {
  if (peer === null) return 0
  return [...state.wanted.values()].filter(({ hint }) => hint === peer).length
}
