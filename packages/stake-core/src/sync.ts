import { type Hash, type Hex, toHex } from '@groundwork/primitives'
import { broadcast, type Context, send } from './context.ts'
import { maxBlocksPerResponse } from './message-codec.ts'
import type { Certificate, Message, Peer, Status, View, Vote } from './types.ts'

/** Certificates in one answer to a status (R7). */
export const maxCertificatesPerAnswer = 64
/** Own votes are sent again from this many views below the current one. */
const resendViews = 2
/** Ask again once this many views were gained: half of what one answer can bring. */
const askAgainViews = maxCertificatesPerAnswer / 2

/** R6: ask for a block by hash, first from whoever named it. Peers answer with its ancestors too. */
export function fetchBlock(context: Context, hash: Hash, view: View, hint: Peer | null): void {
  const { state } = context
  const key = toHex(hash)
  const known = state.fetching.get(key)
  if (known !== undefined) {
    if (hint !== null && !known.hints.includes(hint)) known.hints.push(hint)
    return
  }
  state.fetching.set(key, { hash, view, attempt: 0, hints: hint === null ? [] : [hint] })
  request(context, key)
}

/** The retry timer of a fetch; stale ones name an attempt that is over. */
export function onFetchTimer(context: Context, hash: Hash, attempt: number): void {
  const fetch = context.state.fetching.get(toHex(hash))
  if (fetch !== undefined && fetch.attempt === attempt) request(context, toHex(hash))
}

function request(context: Context, key: Hex): void {
  const { state, init } = context
  const fetch = state.fetching.get(key)
  if (fetch === undefined) return
  const others = [...state.peers].filter((peer) => !fetch.hints.includes(peer))
  const start = others.length === 0 ? 0 : (init.self ?? 0) % others.length
  const candidates = [
    ...fetch.hints.filter((peer) => state.peers.has(peer)),
    ...others.slice(start),
    ...others.slice(0, start),
  ]
  const to = candidates[fetch.attempt % Math.max(1, candidates.length)]
  if (to !== undefined) {
    send(context, to, { kind: 'block-request', hash: fetch.hash, ancestors: maxBlocksPerResponse - 1 })
  }
  fetch.attempt++
  const { fetchRetryMs, fetchRetryMaxMs } = init.parameters
  let afterMs = fetchRetryMs
  for (let i = 1; i < fetch.attempt && afterMs < fetchRetryMaxMs; i++) afterMs = Math.floor((afterMs * 3) / 2)
  const timer = { kind: 'fetch', hash: fetch.hash, attempt: fetch.attempt } as const
  context.others.push({ kind: 'timer', timer, afterMs: Math.min(afterMs, fetchRetryMaxMs) })
}

export function ownStatus({ state, init }: Context): Status {
  return {
    epochId: init.epoch.id,
    view: state.view,
    finalView: state.final.view,
    finalHash: state.final.hash,
  }
}

/** R7: nothing became final for T_s: say where we are and repeat what we said, in case it was lost. */
export function onStandstill(context: Context, finalView: View, round: number): void {
  const { state } = context
  if (finalView !== state.final.view || round !== state.standstillRound) return
  state.standstillRound++
  for (const message of recentMessages(context)) {
    // Gossip swallows bytes that it has seen before, so a repeated proposal goes to each peer directly.
    if (message.kind === 'proposal') for (const peer of state.peers) send(context, peer, message)
    else broadcast(context, message)
  }
  armStandstill(context)
}

export function armStandstill(context: Context): void {
  const { state, init } = context
  const timer = { kind: 'standstill', finalView: state.final.view, round: state.standstillRound } as const
  context.others.push({ kind: 'timer', timer, afterMs: init.parameters.standstillMs })
}

/** Own status, own votes of the last views, and the own proposal of the current one. */
export function recentMessages(context: Context): Message[] {
  const { state } = context
  const messages: Message[] = [{ kind: 'status', status: ownStatus(context) }]
  const views = [...state.views.values()].filter((view) => view.view >= state.view - resendViews)
  for (const { view, own } of views.sort((a, b) => a.view - b.view)) {
    if (own.proposal !== undefined && view === state.view)
      messages.push({ kind: 'proposal', proposal: own.proposal })
    const votes: (Vote | undefined)[] = [own.notar, own.skip, own.final]
    for (const vote of votes) if (vote !== undefined) messages.push({ kind: 'vote', vote })
  }
  return messages
}

/** A new connection: both sides tell where they are, so that nobody waits for a timer. */
export function onPeerUp(context: Context, peer: Peer): void {
  context.state.peers.add(peer)
  if (!context.state.started) return
  for (const message of recentMessages(context)) send(context, peer, message)
}

/** R7, the answer: our FINAL certificate first, then certificates from the asker's view on, oldest first. */
export function onStatus(context: Context, status: Status, from: Peer): void {
  const { state } = context
  if (status.view >= state.view && status.finalView >= state.final.view) return
  const answer: Certificate[] = []
  if (state.final.certificate !== null && state.final.view > status.finalView)
    answer.push(state.final.certificate)
  for (let view = Math.max(status.view, state.final.view + 1); view <= state.view; view++) {
    answer.push(...(state.views.get(view)?.certificates.values() ?? []))
    if (answer.length >= maxCertificatesPerAnswer) break
  }
  for (const certificate of answer) send(context, from, { kind: 'certificate', certificate })
}

/** R7: whoever was helped forward asks again at once instead of waiting for the next standstill. */
export function askAgain(context: Context, from: Peer, viewBefore: View): void {
  const { state } = context
  if (state.standstillRound === 0 || state.view === viewBefore) return
  if (state.view < state.askedAtView + askAgainViews) return
  state.askedAtView = state.view
  send(context, from, { kind: 'status', status: ownStatus(context) })
}
