import { type Context, send } from './context.ts'
import type { Event } from './event.ts'
import type { ViewState } from './state.ts'
import type { Peer, View } from './types.ts'

/** A quarter of the standstill time: long enough for the votes of the next step to show who needs no help. */
const relayFraction = 4

/** R5, the relay: once per view, some time after its first certificate. */
export function relayLater(context: Context, view: ViewState): void {
  if (view.relayDue) return
  view.relayDue = true
  const afterMs = Math.floor(context.init.parameters.standstillMs / relayFraction)
  context.others.push({ kind: 'timer', timer: { kind: 'relay', view: view.view }, afterMs })
}

/** Hands the certificates of a view, or of the floor above it, to every peer that has not shown itself beyond that view. */
export function onRelayTimer(context: Context, view: View): void {
  const { state } = context
  const { certificate: final } = state.final
  const known = state.views.get(view)
  if (known !== undefined) known.relayDue = false
  const certificates =
    view > state.final.view ? [...(known?.certificates.values() ?? [])] : final === null ? [] : [final]
  for (const peer of state.peers) {
    if ((state.peerViews.get(peer) ?? 0) > view) continue
    for (const certificate of certificates) send(context, peer, { kind: 'certificate', certificate })
  }
}

/** What a message says about the view its sender is in: a FINAL vote or a certificate shows that the view is behind it. */
export function notePeerView(context: Context, event: Event): void {
  switch (event.kind) {
    case 'vote':
      return raise(context, event.from, event.vote.type === 'final' ? event.vote.view + 1 : event.vote.view)
    case 'certificate':
      return raise(context, event.from, event.certificate.view + 1)
    case 'status':
      return raise(context, event.from, event.status.view)
  }
}

function raise({ state }: Context, peer: Peer, view: View): void {
  if (!state.peers.has(peer)) return
  if (view > (state.peerViews.get(peer) ?? 0)) state.peerViews.set(peer, view)
}
