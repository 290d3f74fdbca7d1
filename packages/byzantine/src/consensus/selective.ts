import { outgoing, type Strategy, sendTo } from './adversary.ts'

/** Tells each thing to some only, so that everybody knows something else. */
export const selective: Strategy =
  ({ random, peers }) =>
  (_event, effects) =>
    effects.flatMap((effect) => {
      const message = outgoing(effect)
      if (message === undefined || effect.kind !== 'broadcast') return [effect]
      return peers.filter(() => random.chance(1, 2)).map((peer) => sendTo(peer, message))
    })
