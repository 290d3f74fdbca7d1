import { equal, type Hash, toHex, zeroHash } from '@groundwork/primitives'
import { broadcast, type Context, observe } from './context.ts'
import { voteMessage } from './signing.ts'
import { type BlockState, certificateOf, type ViewState, viewState } from './state.ts'
import { addVote } from './tally.ts'
import type { View, Vote, VoteType } from './types.ts'

/**
 * Signs and sends an own vote unless the sign journal forbids it: nothing at or below the floor, one vote of a type,
 * never FINAL and SKIP together, FINAL only for what was notarized (R3). True if the vote was cast.
 */
export function castVote(context: Context, view: View, type: VoteType, hash: Hash = zeroHash): boolean {
  const { state, init } = context
  if (init.self === null || !state.signing || state.stopped || view <= state.final.view) return false
  if (view <= (init.lostView ?? 0)) return false
  const known = viewState(state, view)
  const { own } = known
  if (own[type] !== undefined) return false
  if (type === 'skip' && own.final !== undefined) return false
  if (
    type === 'final' &&
    (own.skip !== undefined || own.notar === undefined || !equal(own.notar.hash, hash))
  ) {
    return false
  }
  const epochId = init.epoch.id
  const signature = init.sign(voteMessage(epochId, view, type, hash))
  const vote: Vote = { epochId, view, type, hash, voter: init.self, signature }
  own[type] = vote
  context.entries.push({ kind: 'voted', vote })
  broadcast(context, { kind: 'vote', vote })
  observe(context, { kind: 'voted', view, type, hash })
  addVote(context, vote)
  return true
}

/** R2: notarize the first proposal of a view's leader, also in a view already left or skipped. */
export function notarize(context: Context): boolean {
  const { state } = context
  let changed = false
  for (const view of openViews(context)) {
    if (view.proposal === null || view.own.notar !== undefined) continue
    const block = state.blocks.get(view.proposal)
    if (block === undefined) continue
    if (block.fault !== null) {
      if (view.view === state.view) changed = castVote(context, view.view, 'skip') || changed
    } else if (mayNotarize(context, block)) {
      context.entries.push({ kind: 'block', proposal: block.proposal })
      changed = castVote(context, view.view, 'notar', block.hash) || changed
    }
  }
  return changed
}

/** With what the rules ask beyond execution, which may come with time (AN-2, FR-1). */
function mayNotarize({ state, init, rules }: Context, { position }: BlockState): boolean {
  const isSigning = state.signing && !state.stopped && init.self !== null
  return isSigning && position !== null && rules.mayNotarize(position)
}

/** R3: finalize what was notarized by all and by us, unless we skipped. */
export function finalizeVotes(context: Context): boolean {
  let changed = false
  for (const view of openViews(context)) {
    const { notar, skip, final } = view.own
    if (notar === undefined || skip !== undefined || final !== undefined) continue
    if (certificateOf(context.state, view.view, 'notar', notar.hash) === undefined) continue
    const position = context.state.blocks.get(toHex(notar.hash))?.position ?? null
    if (position !== null && !context.rules.holds(position)) continue
    changed = castVote(context, view.view, 'final', notar.hash) || changed
  }
  return changed
}

function openViews({ state }: Context): ViewState[] {
  return [...state.views.values()].filter((view) => view.view > state.final.view && view.view <= state.view)
}
