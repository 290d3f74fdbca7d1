import { hash } from '@groundwork/primitives'
import { forge, outgoing, type Strategy } from './adversary.ts'

/** As leader proposes a block that is justified but does not execute: wrong state, or a body of rubbish (P3). */
export const invalidBody: Strategy = (adversary) => (_event, effects) =>
  effects.map((effect) => {
    const message = outgoing(effect)
    if (message?.kind !== 'proposal' || effect.kind === 'persist') return effect
    const { proposal } = message
    const rubbish = new Uint8Array(152).fill(adversary.random.below(256))
    const wrong = adversary.random.chance(1, 2)
      ? forge(adversary, proposal, {
          header: { stateRoot: hash('simulator/wrong-state', proposal.signature) },
        })
      : forge(adversary, proposal, { body: [rubbish] }, [hash('groundwork/transaction/1', rubbish)])
    return { ...effect, message: { kind: 'proposal' as const, proposal: wrong } }
  })
