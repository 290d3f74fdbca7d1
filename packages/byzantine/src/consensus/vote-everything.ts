import { toHex, zeroHash } from '@groundwork/primitives'
import type { AdmittedProposal, Effect } from '@groundwork/stake-core'
import { broadcast, type Strategy, signVote } from './adversary.ts'

/** Votes NOTAR, FINAL and SKIP for every block it sees, valid or not, the moment that it sees it. */
export const voteEverything: Strategy = (adversary) => {
  const seen = new Set<string>()
  return (event, effects) => {
    const blocks: readonly AdmittedProposal[] =
      event.kind === 'proposal' ? [event.proposal] : event.kind === 'blocks' ? event.proposals : []
    const extra: Effect[] = []
    for (const { hash, proposal } of blocks) {
      const key = toHex(hash)
      if (seen.has(key)) continue
      seen.add(key)
      const { view } = proposal.block.header
      for (const type of ['notar', 'final', 'skip'] as const) {
        const vote = signVote(adversary, view, type, type === 'skip' ? zeroHash : hash)
        extra.push(broadcast({ kind: 'vote', vote }))
      }
    }
    return [...effects, ...extra]
  }
}
