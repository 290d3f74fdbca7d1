import type { Message, Peer } from '@groundwork/stake-core'
import type { StakeCoercion } from './coercion.ts'

/** What a host sends with. */
export interface MessagePort {
  broadcast(message: Message): void
  send(to: Peer, message: Message): void
}

/** A port over which only that leaves which a coerced validator says. `peers`: all that a broadcast would reach. */
export function coercedPort(
  port: MessagePort,
  peers: () => readonly Peer[],
  coercion: StakeCoercion,
): MessagePort {
  return {
    broadcast(message) {
      const told = peers().filter((peer) => says(coercion, message, peer))
      if (told.length === peers().length) port.broadcast(message)
      else for (const peer of told) port.send(peer, message)
    },
    send(to, message) {
      if (says(coercion, message, to)) port.send(to, message)
    },
  }
}

function says(coercion: StakeCoercion, message: Message, to: Peer): boolean {
  if (coercion.does('stall')) return false
  if (coercion.does('withhold') && message.kind === 'vote' && message.vote.type !== 'skip') return false
  const hasBodies = message.kind === 'proposal' || message.kind === 'block-response'
  return !(coercion.does('withhold-bodies') && hasBodies && !coercion.isAccomplice(to))
}
