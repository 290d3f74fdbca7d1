import { equal, type Hash, toHex } from '@groundwork/primitives'
import { broadcast, type Context, observe } from './context.ts'
import type { Evidence } from './evidence.ts'
import { relayLater } from './relay.ts'
import { tallyKey, type ViewState, viewState } from './state.ts'
import { fetchBlock } from './sync.ts'
import type { Certificate, Peer, View, Vote } from './types.ts'

/** Counts a verified vote; a quorum becomes a certificate (R5), a contradiction evidence (1.4). */
export function addVote(context: Context, vote: Vote): void {
  const { state, init } = context
  if (vote.view <= state.final.view) return
  const view = viewState(state, vote.view)
  const earlier = view.votes.get(vote.voter) ?? []
  const sameType = earlier.filter((other) => other.type === vote.type)
  if (sameType.length >= 2 || sameType.some((other) => equal(other.hash, vote.hash))) return
  view.votes.set(vote.voter, [...earlier, vote])
  accuse(context, view, vote, earlier)
  const key = tallyKey(vote.type, vote.hash)
  const weight = (view.tally.get(key) ?? 0) + (init.epoch.validators.validators[vote.voter]?.weight ?? 0)
  view.tally.set(key, weight)
  if (weight >= init.epoch.validators.quorum && !view.certificates.has(key)) {
    addCertificate(context, formCertificate(view, vote), null)
  }
}

function formCertificate(view: ViewState, { epochId, type, hash }: Vote): Certificate {
  const signatures = [...view.votes.values()]
    .flatMap((votes) => votes.filter((vote) => vote.type === type && equal(vote.hash, hash)))
    .map(({ voter, signature }) => ({ voter, signature }))
    .sort((a, b) => a.voter - b.voter)
  return { epochId, view: view.view, type, hash, signatures }
}

function accuse(context: Context, view: ViewState, vote: Vote, earlier: readonly Vote[]): void {
  if (view.accused.has(vote.voter)) return
  const evidence = contradiction(vote, earlier) ?? unjustifiedVote(context, vote)
  if (evidence === undefined) return
  view.accused.add(vote.voter)
  for (const witnessed of [...earlier, vote]) context.entries.push({ kind: 'witnessed', vote: witnessed })
  observe(context, { kind: 'evidence', evidence })
}

/** S1: NOTAR or FINAL for two hashes; S2: SKIP and FINAL. */
export function contradiction(vote: Vote, earlier: readonly Vote[]): Evidence | undefined {
  for (const other of earlier) {
    const skips = (vote.type === 'skip' ? 1 : 0) + (other.type === 'skip' ? 1 : 0)
    const finals = (vote.type === 'final' ? 1 : 0) + (other.type === 'final' ? 1 : 0)
    const rule =
      skips === 0 && !equal(vote.hash, other.hash) ? 'S1' : skips === 1 && finals === 1 ? 'S2' : undefined
    if (rule === undefined) continue
    return { rule, epochId: vote.epochId, view: vote.view, offender: vote.voter, a: other, b: vote }
  }
  return undefined
}

/** S3, as far as the block is known here. */
function unjustifiedVote({ state }: Context, vote: Vote): Evidence | undefined {
  if (vote.type === 'skip') return undefined
  const block = state.blocks.get(toHex(vote.hash))
  if (block === undefined || block.justificationFault === null) return undefined
  const { header, justification } = block.proposal.block
  const { epochId, view, voter } = vote
  return { rule: 'S3', epochId, view, offender: voter, vote, block: { header, justification } }
}

/** Accuses those who voted for a block before its broken justification was seen. */
export function accuseVotersOf(context: Context, view: View, hash: Hash): void {
  const known = context.state.views.get(view)
  if (known === undefined) return
  for (const votes of known.votes.values()) {
    for (const vote of votes) if (equal(vote.hash, hash)) accuse(context, known, vote, [])
  }
}

/**
 * R5: keep and journal every newly learned certificate; its votes count like any others. It is passed on at once only
 * while nothing becomes final; otherwise a little later (relay.ts), because by then most peers have made it themselves.
 */
export function addCertificate(context: Context, certificate: Certificate, from: Peer | null): void {
  const { state } = context
  const { view, type, hash } = certificate
  if (view <= state.final.view) return
  const known = viewState(state, view)
  const key = tallyKey(type, hash)
  if (known.certificates.has(key)) return
  known.certificates.set(key, certificate)
  context.entries.push({ kind: 'certificate', certificate })
  if (state.standstillRound > 0) broadcast(context, { kind: 'certificate', certificate })
  else relayLater(context, known)
  observe(context, { kind: 'certified', view, type, hash, formed: from === null })
  if (type === 'final' && view > (state.finalTarget?.view ?? 0)) state.finalTarget = certificate
  if (type !== 'skip' && !state.blocks.has(toHex(hash))) fetchBlock(context, hash, view, from)
  for (const { voter, signature } of certificate.signatures) {
    addVote(context, { epochId: certificate.epochId, view, type, hash, voter, signature })
  }
}
