import { toHex } from '@groundwork/primitives'
import {
  type AdmittedProposal,
  type Certificate,
  type Effect,
  hashHeader,
  type Proposal,
  type View,
  type Vote,
} from '@groundwork/stake-core'
import { type Adversary, forge, outgoing, type Strategy, sendTo, side, signVote } from './adversary.ts'

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
      .filter((peer) => side(peer, view) === forSide || adversary.accomplices.has(peer))
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
        const half = side(peer, view) === 0 ? [first] : [second]
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
        ? final.ledger
        : blocks.get(toHex(header.parentHash))?.ledger
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

/** The same certificate with one signature more or less: the own one is always at hand. */
function otherSignatures(
  { epoch, self, ...adversary }: Adversary,
  certificate: Certificate,
): Certificate | undefined {
  const others = certificate.signatures.filter((signature) => signature.voter !== self)
  if (others.length < certificate.signatures.length) {
    const weight = others.reduce(
      (sum, { voter }) => sum + (epoch.validators.validators[voter]?.weight ?? 0),
      0,
    )
    return weight >= epoch.validators.quorum ? { ...certificate, signatures: others } : undefined
  }
  const { signature } = signVote(
    { ...adversary, epoch, self },
    certificate.view,
    certificate.type,
    certificate.hash,
  )
  const signatures = [...others, { voter: self, signature }].sort((a, b) => a.voter - b.voter)
  return { ...certificate, signatures }
}
