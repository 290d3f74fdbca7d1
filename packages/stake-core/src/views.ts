import { type Context, observe } from './context.ts'
import { certificateOf, notarizations } from './state.ts'
import type { Parameters, View } from './types.ts'
import { castVote } from './voting.ts'

/** R0: leave every view that is cleared, and start the clocks of the one that is not. */
export function enterViews(context: Context): boolean {
  const { state } = context
  const before = state.view
  for (let cause = clearedBy(context, state.view); cause !== null; cause = clearedBy(context, state.view)) {
    state.view++
    observe(context, { kind: 'view-entered', view: state.view, leader: context.leaderOf(state.view), cause })
  }
  if (state.view === before) return false
  startView(context)
  return true
}

/**
 * Why a view may be left. A FINAL certificate of a later view clears it even before the blocks under it are held:
 * not voting in it is always safe, and waiting for bodies would only keep a laggard behind.
 */
function clearedBy({ state }: Context, view: View): 'notar' | 'skip' | 'final' | null {
  if (notarizations(state.views.get(view)).length > 0) return 'notar'
  if (certificateOf(state, view, 'skip') !== undefined) return 'skip'
  return view <= finalView(state) ? 'final' : null
}

/** The newest that a certificate has made final, whether its blocks are held yet or not. */
function finalView({ final, finalTarget }: Context['state']): View {
  return Math.max(final.view, finalTarget?.view ?? 0)
}

/** Starts T(view), and the wait for the proposal if we lead. */
export function startView(context: Context): void {
  const { state, init } = context
  if (!state.started) return
  const { view } = state
  const afterMs = viewTimeoutMs(init.parameters, view, finalView(state))
  const { restarts } = state
  const timer = { kind: 'view', view, ...(restarts > 0 && { restart: restarts }) } as const
  context.others.push({ kind: 'timer', timer, afterMs })
  if (state.signing && context.leaderOf(view) === init.self) {
    context.others.push({
      kind: 'timer',
      timer: { kind: 'propose', view },
      afterMs: init.parameters.minViewTimeMs,
    })
  }
}

/** R12: while the rules forbid signing, the view's clock stands still; when they allow it again, it starts anew. */
export function stopOrGo(context: Context): void {
  const { state } = context
  const before = state.stopped
  state.stopped = !context.rules.maySign()
  if (!before || state.stopped) return
  state.restarts++
  startView(context)
}

/** R8: T(v) = min(T_max, T_0 * 1.5^max(0, v - finalView - 2)): grows with views since the last finalization only. */
export function viewTimeoutMs(parameters: Parameters, view: View, finalView: View): number {
  let timeoutMs = parameters.timeoutBaseMs
  for (let i = view - finalView - 2; i > 0 && timeoutMs < parameters.timeoutMaxMs; i--) {
    timeoutMs = Math.floor((timeoutMs * 3) / 2)
  }
  return Math.min(parameters.timeoutMaxMs, timeoutMs)
}

/** R4: give the view up, unless it is another one by now (a stale timer) or we voted to finalize it. */
export function onViewTimer(context: Context, view: View, restart: number): void {
  if (view === context.state.view && restart === context.state.restarts) castVote(context, view, 'skip')
}

/** R4, second part: a leader that skips its own view is not waited for. */
export function skipWithLeader(context: Context): boolean {
  const { state } = context
  const known = state.views.get(state.view)
  const leaderVotes = known?.votes.get(context.leaderOf(state.view)) ?? []
  return leaderVotes.some((vote) => vote.type === 'skip') && castVote(context, state.view, 'skip')
}
