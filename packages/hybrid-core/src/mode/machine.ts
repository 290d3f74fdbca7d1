import { assert } from '@groundwork/primitives'
import type { ModeParameters } from '../params.ts'
import { activate, isQuorum, isSpaceQuorum, leak, weightOf } from './leak.ts'
import {
  type Height,
  type Key,
  type ModeEvent,
  type ModeInput,
  type ModeState,
  type Recorded,
  rootSource,
  type Share,
  type Target,
  type TriggerFacts,
} from './types.ts'
import { closingHeight, firstWindowAfter, targetHeight, windowOfVotes } from './window.ts'

/**
 * One physical block on its way through the mode machine: first its items with `apply`, then `trigger`, then what
 * follows from executing transactions with `apply` again, then `close`. What the model explores is what `derive` runs.
 */
export interface ModeBlock {
  readonly height: Height
  /** After what was applied so far. */
  readonly state: ModeState
  /** Why an input would have no effect now, or null: cheap, to be asked before a signature or proof is checked. */
  fault(input: ModeInput): string | null
  /** Has no effect where there is a fault, which it returns. */
  apply(input: ModeInput): string | null
  /** Enters RECORDED if the deadline has passed; asks for the facts only then. */
  trigger(facts: () => TriggerFacts): void
  /** Closes a window and decides on the exit, or fixes the target of the next window. */
  close(): ModeState
  readonly events: readonly ModeEvent[]
}

export function genesisMode(): ModeState {
  return {
    height: 0,
    lastCheckpoint: 0,
    backoff: 0,
    fastBlocks: 0,
    exits: 0,
    banned: new Set(),
    recorded: null,
  }
}

/** `hash` in hexadecimal. */
export function openBlock(parameters: ModeParameters, before: ModeState, hash: Key): ModeBlock {
  const height = before.height + 1
  const events: ModeEvent[] = []
  let state: ModeState = { ...before, height }
  // Sets are copied once per block, when it first changes them.
  let present: Set<Key> | null = null
  let space: Set<Key> | null = null
  const amend = (recorded: Recorded) => {
    state = { ...state, recorded }
  }

  const voteFault = (recorded: Recorded, target: Target): string | null => {
    const { open } = recorded
    if (open === null || windowOfVotes(parameters, height) !== open.window) return 'vote-window'
    return isSame(target, open) ? null : 'vote-target'
  }

  const fault = (input: ModeInput): string | null => {
    const { recorded } = state
    switch (input.kind) {
      case 'checkpoint':
        if (recorded !== null) return 'checkpoint-recorded'
        return height - input.anchor > parameters.maxAnchorAgeBlocks ? 'checkpoint-stale' : null
      case 'recorded-vote': {
        if (recorded === null) return 'vote-fast'
        const wrong = voteFault(recorded, input.target)
        if (wrong !== null) return wrong
        if (!isSame(input.source, recorded.open!.source)) return 'vote-source'
        if (!recorded.validators.has(input.validator)) return 'vote-validator'
        return recorded.present.has(input.validator) ? 'vote-duplicate' : null
      }
      case 'space-vote': {
        if (recorded === null) return 'vote-fast'
        const wrong = voteFault(recorded, input.target)
        if (wrong !== null) return wrong
        if (!recorded.snapshot.plots.has(input.plot)) return 'vote-plot'
        if (state.banned.has(input.plot)) return 'vote-banned'
        return recorded.space.has(input.plot) ? 'vote-duplicate' : null
      }
      case 'ban':
        return state.banned.has(input.plot) ? 'ban-duplicate' : null
      case 'slash':
        return null
      case 'deposit':
        return recorded === null ? 'deposit-fast' : null
    }
  }

  const perform = (input: ModeInput): void => {
    const { recorded } = state
    switch (input.kind) {
      case 'checkpoint':
        state = { ...state, lastCheckpoint: height }
        events.push({ kind: 'refreshed', height, anchor: input.anchor })
        return
      case 'recorded-vote':
        if (present === null) {
          present = new Set(recorded!.present)
          amend({ ...recorded!, present })
        }
        present.add(input.validator)
        return
      case 'space-vote':
        if (space === null) {
          space = new Set(recorded!.space)
          amend({ ...recorded!, space })
        }
        space.add(input.plot)
        return
      case 'ban':
        state = { ...state, banned: new Set(state.banned).add(input.plot) }
        return
      case 'slash': {
        // In FAST the next set is made without the offender.
        if (recorded === null) return
        const validators = new Map(recorded.validators)
        validators.delete(input.validator)
        const deposits = recorded.deposits.filter(({ validator }) => validator !== input.validator)
        amend({ ...recorded, validators, deposits })
        return
      }
      case 'deposit': {
        const { validator, amount } = input
        amend({ ...recorded!, deposits: [...recorded!.deposits, { validator, amount, age: 0 }] })
      }
    }
  }

  const apply = (input: ModeInput): string | null => {
    const wrong = fault(input)
    if (wrong === null) perform(input)
    return wrong
  }

  const trigger = (facts: () => TriggerFacts): void => {
    if (state.recorded !== null) return
    if (height - state.lastCheckpoint < parameters.stallDeadlineBlocks) return
    const { validators, snapshot, deposits } = facts()
    const needed = parameters.exitWindows * 2 ** state.backoff
    const firstWindow = firstWindowAfter(parameters, height)
    const backoff = Math.min(parameters.backoffMax, state.backoff + 1)
    state = { ...state, backoff, fastBlocks: 0 }
    amend({
      trigger: height,
      firstWindow,
      validators,
      snapshot,
      needed,
      streak: 0,
      open: null,
      present: new Set(),
      space: new Set(),
      justified: rootSource,
      finalised: null,
      deposits,
      silentWindows: 0,
    })
    events.push({ kind: 'trigger', height, needed, firstWindow })
  }

  return {
    height,
    get state() {
      return state
    },
    events,
    fault,
    apply,
    trigger,
    close() {
      if (state.recorded === null) state = countFast(parameters, state)
      else state = endRecordedBlock(parameters, state, state.recorded, hash, events)
      return state
    },
  }
}

/** One whole block, for callers that have all inputs at hand. */
export function stepMode(
  parameters: ModeParameters,
  before: ModeState,
  hash: Key,
  inputs: readonly ModeInput[],
  facts: () => TriggerFacts,
): { readonly state: ModeState; readonly events: readonly ModeEvent[] } {
  const block = openBlock(parameters, before, hash)
  for (const input of inputs) block.apply(input)
  block.trigger(facts)
  const state = block.close()
  return { state, events: block.events }
}

function isSame(a: Target, b: Target): boolean {
  return a.window === b.window && a.hash === b.hash
}

/** Every so many FAST blocks in a row take back one doubling of what an exit needs. */
function countFast(parameters: ModeParameters, state: ModeState): ModeState {
  const fastBlocks = state.fastBlocks + 1
  if (fastBlocks < parameters.backoffDecayDeadlines * parameters.stallDeadlineBlocks)
    return { ...state, fastBlocks }
  return { ...state, fastBlocks: 0, backoff: Math.max(0, state.backoff - 1) }
}

function endRecordedBlock(
  parameters: ModeParameters,
  state: ModeState,
  recorded: Recorded,
  hash: Key,
  events: ModeEvent[],
): ModeState {
  const { height } = state
  if (recorded.open !== null && height === closingHeight(parameters, recorded.open.window)) {
    const closed = closeWindow(parameters, state, recorded, events)
    return closed.streak >= closed.needed
      ? exit(parameters, state, closed, events)
      : withRecorded(state, closed)
  }
  const window = height / parameters.windowBlocks
  if (!Number.isInteger(window) || window < recorded.firstWindow) return state
  assert(recorded.open === null, 'the window before is closed before a target exists')
  assert(targetHeight(parameters, window) === height, 'a target stands at its height')
  // The source is read in the state at the target's own block: no later vote can move it.
  return withRecorded(state, { ...recorded, open: { window, hash, source: recorded.justified } })
}

function withRecorded(state: ModeState, recorded: Recorded): ModeState {
  return { ...state, recorded }
}

function closeWindow(
  parameters: ModeParameters,
  state: ModeState,
  recorded: Recorded,
  events: ModeEvent[],
): Recorded {
  const { open, snapshot } = recorded
  assert(open !== null, 'an open window')
  const target: Target = { window: open.window, hash: open.hash }
  const weight = weightOf(recorded.validators)
  const present = weightOf(recorded.validators, recorded.present)
  let space = 0n
  for (const plot of recorded.space) if (!state.banned.has(plot)) space += snapshot.plots.get(plot)!
  const hasSpace = isSpaceQuorum(parameters.theta, space, snapshot.total)
  const justified = isQuorum(present, weight) && hasSpace

  let next: Recorded = { ...recorded, open: null, present: new Set(), space: new Set() }
  let leaked: readonly Share[] = []
  if (justified) {
    next = { ...next, justified: target, streak: recorded.streak + 1 }
  } else {
    next = { ...next, streak: 0 }
    // Nobody at all is more likely cut off than gone.
    if (present > 0) {
      const after = leak(parameters, recorded)
      next = { ...next, validators: after.validators }
      leaked = after.leaked
    }
  }
  const silentWindows = present > 0 ? 0 : recorded.silentWindows + 1
  const deposits = recorded.deposits.map((deposit) => ({ ...deposit, age: deposit.age + 1 }))
  next = { ...next, silentWindows, deposits }
  let activated: readonly Share[] = []
  if (hasSpace || silentWindows >= parameters.depositWindows) {
    const after = activate(parameters, next.validators, deposits)
    next = { ...next, validators: after.validators, deposits: after.deposits }
    activated = after.activated
  }
  const { streak } = next
  const { source } = open
  events.push({
    kind: 'window-closed',
    target,
    source,
    present,
    weight,
    space,
    total: snapshot.total,
    justified,
    streak,
    leaked,
    activated,
  })
  if (justified && source.window === target.window - 1) {
    next = { ...next, finalised: source }
    events.push({ kind: 'finalised', target: source })
  }
  return next
}

/** FAST again, in an epoch of its own. Without a validator that is worth its seat there is nothing to return to. */
function exit(
  parameters: ModeParameters,
  state: ModeState,
  recorded: Recorded,
  events: ModeEvent[],
): ModeState {
  const { height } = state
  const validators = new Map([...recorded.validators].filter(([, weight]) => weight >= parameters.minStake))
  if (validators.size === 0) return withRecorded(state, recorded)
  events.push({ kind: 'exit', height, validators })
  return { ...state, lastCheckpoint: height, fastBlocks: 0, exits: state.exits + 1, recorded: null }
}
