import { messageIn, type Topic, type TransportEvents } from '@groundwork/host'
import type { Bytes } from '@groundwork/primitives'
import type { Message, Peer } from '@groundwork/stake-core'

export interface InboundInit {
  /** A well-formed message from a peer. */
  readonly onMessage: (message: Message, from: Peer) => void
  /** A frame that no honest peer sends. */
  readonly onGarbage: (reason: string, from: Peer) => void
}

export interface Inbound {
  readonly onFrame: TransportEvents['frame']
  /** Whether a published frame may be delivered and forwarded. */
  readonly acceptGossip: (topic: Topic, frame: Bytes) => boolean
}

const gossiped: Readonly<Record<Message['kind'], Topic | null>> = {
  vote: null,
  certificate: null,
  proposal: 'proposals',
  status: null,
  transactions: 'transactions',
  'block-request': null,
  'block-response': null,
}

/** Frames to messages. What is gossiped was decoded when it was accepted, and is not decoded again. */
export function createInbound({ onMessage, onGarbage }: InboundInit): Inbound {
  const accepted = new WeakMap<Bytes, Message>()
  return {
    onFrame(from, frame, lane) {
      const message = accepted.get(frame) ?? messageIn(frame)
      if (typeof message === 'string') return onGarbage(message, from)
      if (lane !== 'direct' && gossiped[message.kind] !== lane) return onGarbage('wrong-topic', from)
      onMessage(message, from)
    },
    acceptGossip(topic, frame) {
      const message = messageIn(frame)
      if (typeof message === 'string' || gossiped[message.kind] !== topic) return false
      accepted.set(frame, message)
      return true
    },
  }
}

/**
 * Reasons for which the sender itself is to blame. Windows, limits and gossip are not among them: honest peers run into
 * those, or pass on what they could not judge.
 */
export function isBlameworthy(reason: string): boolean {
  return /^(vote-(voter-unknown|hash|signature)|certificate-(hash|voter-unknown|order|weight|signature))$/.test(
    reason,
  )
}
