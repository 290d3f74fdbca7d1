import type { Effect, Justification, Proposal, View } from '@groundwork/stake-core'
import { hashHeader } from '@groundwork/stake-core'
import { broadcast, forge, outgoing, type Strategy, signVote } from './adversary.ts'

/** As leader extends an old block as if the views in between had been skipped, and votes for it at once: S3. */
export const staleJustification: Strategy = (adversary) => {
  const own: Proposal[] = []
  return (event, effects) => {
    if (event.kind === 'proposal') own.push(event.proposal.proposal)
    if (own.length > 16) own.shift()
    return effects.flatMap((effect): Effect[] => {
      const message = outgoing(effect)
      if (message?.kind !== 'proposal' || effect.kind !== 'broadcast') return [effect]
      const stale = adversary.random.pick([...own, message.proposal])
      const forged = extend(message.proposal, stale, adversary.random.below(3))
      const proposal = forge(adversary, message.proposal, forged)
      const { view } = proposal.block.header
      const hash = hashHeader(proposal.block.header)
      const votes = (['notar', 'final'] as const).map((type) =>
        broadcast({ kind: 'vote', vote: signVote(adversary, view, type, hash) }),
      )
      return [broadcast({ kind: 'proposal', proposal }), ...votes]
    })
  }
}

/** Three ways to get it wrong: an old parent without skips, with skips of other views, or with one signature twice. */
function extend(proposal: Proposal, stale: Proposal, way: number): Parameters<typeof forge>[2] {
  const { header, justification } = proposal.block
  const old = stale.block.header
  const { parent } = stale.block.justification
  const base = { parentHash: old.parentHash, parentView: old.parentView, height: old.height }
  if (way === 0) return { header: base, justification: { parent, skips: [] } }
  if (way === 1) {
    const skips = [...justification.skips, ...stale.block.justification.skips]
    return { header: base, justification: { parent, skips } }
  }
  const doubled: Justification =
    justification.parent === null
      ? justification
      : {
          ...justification,
          parent: {
            ...justification.parent,
            signatures: [
              ...justification.parent.signatures.slice(0, -1),
              ...justification.parent.signatures.slice(0, 1),
            ],
          },
        }
  return { header: { view: header.view as View }, justification: doubled }
}
