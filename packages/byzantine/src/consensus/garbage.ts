import { zeroHash } from '@groundwork/primitives'
import type { Effect, Message } from '@groundwork/stake-core'
import { type Adversary, type Strategy, sendTo, signVote } from './adversary.ts'

/** Sends well-formed nonsense now and then: wrong signers, wrong views, certificates without weight, endless requests. */
export const garbage: Strategy = (adversary) => (_event, effects) => {
  const { random, peers } = adversary
  if (!random.chance(1, 8)) return effects
  const extra: Effect[] = [sendTo(random.pick(peers), nonsense(adversary))]
  return [...effects, ...extra]
}

function nonsense(adversary: Adversary): Message {
  const { random, epoch } = adversary
  const { view, final } = adversary.state()
  const vote = signVote(adversary, view, 'skip', zeroHash)
  switch (random.below(9)) {
    case 0:
      return { kind: 'vote', vote: { ...vote, voter: random.below(65_536) } }
    case 1:
      return { kind: 'vote', vote: { ...vote, signature: new Uint8Array(64) } }
    case 2:
      return { kind: 'vote', vote: signVote(adversary, view + random.below(5000), 'final', final.hash) }
    case 3:
      return { kind: 'vote', vote: { ...vote, type: 'notar' } }
    case 4:
      return { kind: 'certificate', certificate: { ...vote, signatures: [vote, vote, vote, vote, vote] } }
    case 5:
      return { kind: 'certificate', certificate: { ...vote, view: view + 3, signatures: [] } }
    case 6:
      return { kind: 'block-request', hash: random.chance(1, 2) ? zeroHash : final.hash, ancestors: 65_535 }
    case 7:
      return { kind: 'transactions', transactions: [new Uint8Array(random.below(300))] }
    default:
      return { kind: 'status', status: { epochId: epoch.id, view: 1, finalView: 0, finalHash: zeroHash } }
  }
}
