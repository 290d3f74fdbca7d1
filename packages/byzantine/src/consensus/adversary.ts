import type { Bytes, Prng } from '@groundwork/primitives'
import {
  type Block,
  type CoreState,
  type Effect,
  type Epoch,
  type Event,
  type Header,
  hashHeader,
  hashJustification,
  hashTransactions,
  type Justification,
  type Message,
  type Peer,
  type Proposal,
  proposalMessage,
  type StakeCore,
  type ValidatorIndex,
  type View,
  type Vote,
  type VoteType,
  voteMessage,
} from '@groundwork/stake-core'

/** What a Byzantine validator has: its key, its own honest state to look at, and friends. */
export interface Adversary {
  readonly self: ValidatorIndex
  readonly epoch: Epoch
  readonly random: Prng
  /** All other processes. */
  readonly peers: readonly Peer[]
  /** The other Byzantine ones, who may be told everything. */
  readonly accomplices: ReadonlySet<Peer>
  /** The half of the network that a peer is in: two halves are told different things. All accomplices agree. */
  sideOf(peer: Peer, view: View): 0 | 1
  sign(message: Bytes): Bytes
  state(): Readonly<CoreState>
}

/** Turns what an honest validator would do into what this one does instead. */
export type Behaviour = (event: Event, effects: readonly Effect[]) => readonly Effect[]
export type Strategy = (adversary: Adversary) => Behaviour

/** An honest core seen through a behaviour: to its host it is a core like any other. */
export function corrupt(core: StakeCore, behaviour: Behaviour): StakeCore {
  return {
    ...core,
    step: (event) => behaviour(event, core.step(event)),
  }
}

/** One behaviour after the other. */
export function combine(strategies: readonly Strategy[]): Strategy {
  return (adversary) => {
    const behaviours = strategies.map((strategy) => strategy(adversary))
    return (event, effects) => behaviours.reduce((changed, behaviour) => behaviour(event, changed), effects)
  }
}

/** Two halves that need no agreement: they differ from view to view. */
export function anySide(peer: Peer, view: View): 0 | 1 {
  let mixed = view >> 2
  for (let i = 0; i < peer.length; i++)
    mixed = Math.imul(mixed ^ peer.charCodeAt(i), 0x0100_0193) ^ (mixed >>> 15)
  return ((mixed >>> 7) & 1) as 0 | 1
}

export function signVote(adversary: Adversary, view: View, type: VoteType, hash: Bytes): Vote {
  const epochId = adversary.epoch.id
  const signature = adversary.sign(voteMessage(epochId, view, type, hash))
  return { epochId, view, type, hash, voter: adversary.self, signature }
}

/** A block with another header, justification or body, signed again by its (own) proposer. */
export function forge(
  adversary: Adversary,
  { block }: Proposal,
  change: { header?: Partial<Header>; justification?: Justification; body?: Block['body'] },
  transactionIds?: readonly Bytes[],
): Proposal {
  const justification = change.justification ?? block.justification
  const header: Header = {
    ...block.header,
    justificationRoot: hashJustification(justification),
    ...(transactionIds === undefined ? {} : { transactionsRoot: hashTransactions(transactionIds) }),
    ...change.header,
  }
  return {
    block: { header, justification, body: change.body ?? block.body },
    signature: adversary.sign(proposalMessage(hashHeader(header))),
  }
}

export const broadcast = (message: Message): Effect => ({ kind: 'broadcast', message })
export const sendTo = (to: Peer, message: Message): Effect => ({ kind: 'send', to, message })

/** The message of an effect that sends one. */
export function outgoing(effect: Effect): Message | undefined {
  return effect.kind === 'broadcast' || effect.kind === 'send' ? effect.message : undefined
}
