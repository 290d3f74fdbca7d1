import type { Hash } from '@groundwork/primitives'
import { equal } from '@groundwork/primitives'
import { seedFor } from './chain-state.ts'
import type { Context } from './context.ts'
import { epochOf, firstSlotOf, lastSlotOf } from './rules.ts'
import { challengeChain, nextSlotOf } from './slots.ts'
import { tipOf } from './state.ts'
import type { Slot, SlotProof } from './types.ts'

/** Slots that may become known per slot of wall time while catching up: more would fire deadlines that count blocks. */
const catchUpSlots = 2

/** PC15. At each start of a slot: how far this timelord may get until the next. */
export function paceTimelord(context: Context): void {
  const { state, init } = context
  if (!init.timelord) return
  const missing = firstUnknown(context)
  state.evaluateUpTo = missing === null ? state.clock : Math.min(state.clock, missing.slot + catchUpSlots - 1)
}

/** PC15. Evaluates the first slot of the tip's fork that is due and unknown; a slot that became known is left alone. */
export function evaluate(context: Context): void {
  const { state, init, rules, others } = context
  const { vdf } = rules.parameters
  if (!init.timelord || vdf.kind === 'none') return
  const missing = firstUnknown(context)
  if (missing === null || missing.slot > state.evaluateUpTo) {
    state.evaluating = null
    return
  }
  const { slot, seed } = missing
  const running = state.evaluating
  if (running !== null && running.slot === slot && equal(running.seed, seed)) return
  state.evaluating = { slot, seed }
  const { ys } = challengeChain(context, seed, epochOf(rules, slot))
  const previous = slot === firstSlotOf(rules, epochOf(rules, slot)) ? null : (ys.at(-1) ?? null)
  others.push({ kind: 'evaluate', slot, seed, previous, squarings: vdf.squarings })
}

/** Of slots that are due, on the tip's fork. */
function firstUnknown(context: Context): { readonly slot: Slot; readonly seed: Hash } | null {
  const { state, rules } = context
  const { chain: tip } = tipOf(state)
  const last = epochOf(rules, state.clock)
  for (let epoch = tip.epoch.number; epoch <= last; epoch++) {
    const seed = seedFor(rules, tip, firstSlotOf(rules, epoch))
    const slot = nextSlotOf(context, challengeChain(context, seed, epoch))
    if (slot <= lastSlotOf(rules, epoch)) return slot <= state.clock ? { slot, seed } : null
  }
  return null
}

/** True for the answer to what was asked for last. */
export function isAsked({ state }: Context, proof: SlotProof): boolean {
  const running = state.evaluating
  return running !== null && running.slot === proof.slot && equal(running.seed, proof.seed)
}
