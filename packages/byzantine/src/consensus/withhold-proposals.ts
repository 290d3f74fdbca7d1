import { outgoing, type Strategy, sendTo } from './adversary.ts'

/** A leader that is silent, or shows its proposal to a few only: some notarize, the others run into their timeout. */
export const withholdProposals: Strategy =
  ({ random, peers }) =>
  (_event, effects) =>
    effects.flatMap((effect) => {
      const message = outgoing(effect)
      if (message?.kind !== 'proposal') return [effect]
      const few = random.shuffle(peers).slice(0, random.below(peers.length))
      return few.map((peer) => sendTo(peer, message))
    })
