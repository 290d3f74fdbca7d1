import { equal, toHex } from '@groundwork/primitives'
import {
  type AdmittedProposal,
  type Certificate,
  type Effect,
  hashHeader,
  type Proposal,
  type View,
  type Vote,
  weightOf,
} from '@groundwork/stake-core'
import { type Adversary, forge, outgoing, type Strategy, sendTo, signVote } from './adversary.ts'

/**
 * As leader makes two blocks and shows one to each half of the network; as voter notarizes and finalizes, before each
 * half, the block which that half was shown. Accomplices see both. With a third of the stake this forks the chain.
 */
export const equivocate: Strategy = (adversary) => {
  /** By view: the block for each side. */
  const blocks = new Map<View, [Uint8Array | undefined, Uint8Array | undefined]>()

  const learn = (proposal: Proposal, forSide: 0 | 1): Effect[] => {
    const { view } = proposal.block.header
    const hash = hashHeader(proposal.block.header)
    const known = blocks.get(view) ?? [undefined, undefined]
    if (
      known[forSide] !== undefined ||
      known.some((other) => other !== undefined && toHex(other) === toHex(hash))
    )
      return []
    known[forSide] = hash
    blocks.set(view, known)
    blocks.delete(view - 64)
    const votes: Vote[] = [signVote(adversary, view, 'notar', hash), signVote(adversary, view, 'final', hash)]
    return adversary.peers
      .filter((peer) => adversary.sideOf(peer, view) === forSide || adversary.accomplices.has(peer))
      .flatMap((peer) => votes.map((vote) => sendTo(peer, { kind: 'vote', vote })))
  }

  return (event, effects) => {
    const changed = effects.flatMap((effect): Effect[] => {
      const message = outgoing(effect)
      if (message?.kind === 'vote' && blocks.has(message.vote.view)) return []
      if (message?.kind !== 'proposal' || effect.kind !== 'broadcast') return [effect]
      const first = message.proposal
      const second = variant(adversary, first)
      if (second === undefined) return [effect]
      const { view } = first.block.header
      const shown = adversary.peers.flatMap((peer) => {
        const half = adversary.sideOf(peer, view) === 0 ? [first] : [second]
        const proposals = adversary.accomplices.has(peer) ? [first, second] : half
        return proposals.map((proposal) => sendTo(peer, { kind: 'proposal', proposal }))
      })
      return [...shown, ...learn(first, 0), ...learn(second, 1)]
    })
    const seen: readonly AdmittedProposal[] = event.kind === 'proposal' ? [event.proposal] : []
    const votes = seen.flatMap(({ proposal }) => {
      const { view } = proposal.block.header
      return learn(proposal, blocks.get(view)?.[0] === undefined ? 0 : 1)
    })
    return [...changed, ...votes]
  }
}

/** Another valid block for the same view: without the transactions, or with another list of signatures below its parent. */
export function variant(adversary: Adversary, proposal: Proposal): Proposal | undefined {
  const { header, body, justification } = proposal.block
  const { final, blocks } = adversary.state()
  if (body.length > 0) {
    const parent =
      toHex(header.parentHash) === toHex(final.hash)
        ? final.position.ledger
        : blocks.get(toHex(header.parentHash))?.position?.ledger
    if (parent === null || parent === undefined) return undefined
    return forge(adversary, proposal, { header: { stateRoot: parent.root }, body: [] }, [])
  }
  const { parent } = justification
  if (parent === null) return undefined
  const other = otherSignatures(adversary, parent)
  return other === undefined
    ? undefined
    : forge(adversary, proposal, { justification: { ...justification, parent: other } })
}

/** The same certificate with one signature more or less: a vote that came later, the own one, or without the own one. */
function otherSignatures(adversary: Adversary, certificate: Certificate): Certificate | undefined {
  const { epoch, self } = adversary
  const { view, type, hash, signatures } = certificate
  const late = [...(adversary.state().views.get(view)?.votes.values() ?? [])].flat()
  const spare = [...late, signVote(adversary, view, type, hash)].find(
    (vote) =>
      vote.type === type && equal(vote.hash, hash) && !signatures.some(({ voter }) => voter === vote.voter),
  )
  if (spare !== undefined) {
    const { voter, signature } = spare
    return {
      ...certificate,
      signatures: [...signatures, { voter, signature }].sort((a, b) => a.voter - b.voter),
    }
  }
  const others = signatures.filter(({ voter }) => voter !== self)
  const enough =
    weightOf(
      epoch,
      others.map(({ voter }) => voter),
    ) >= epoch.validators.quorum
  return enough && others.length < signatures.length ? { ...certificate, signatures: others } : undefined
}
