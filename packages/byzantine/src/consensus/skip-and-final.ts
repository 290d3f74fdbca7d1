import { zeroHash } from '@groundwork/primitives'
import type { Effect, View } from '@groundwork/stake-core'
import { outgoing, type Strategy, sendTo, signVote } from './adversary.ts'

/** Finalizes every view it notarizes before one half of the network and skips it before the other: S2. */
export const skipAndFinal: Strategy = (adversary) => {
  const done = new Set<View>()
  return (_event, effects) => {
    const extra: Effect[] = []
    for (const effect of effects) {
      const message = outgoing(effect)
      if (message?.kind !== 'vote' || message.vote.type !== 'notar' || done.has(message.vote.view)) continue
      const { view, hash } = message.vote
      done.add(view)
      const final = signVote(adversary, view, 'final', hash)
      const skip = signVote(adversary, view, 'skip', zeroHash)
      for (const peer of adversary.peers) {
        extra.push(sendTo(peer, { kind: 'vote', vote: adversary.sideOf(peer, view) === 0 ? final : skip }))
      }
    }
    return [...effects, ...extra]
  }
}
