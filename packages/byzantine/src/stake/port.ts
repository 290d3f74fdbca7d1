import type { Message, Peer } from '@groundwork/stake-core'
import type { StakeCoercion } from './coercion.ts'
import { bytesTouch } from './touches.ts'

/** What a host sends with. */
export interface MessagePort {
  broadcast(message: Message): void
  send(to: Peer, message: Message): void
}

/** A port over which only that leaves which a coerced validator says. `peers`: all that a broadcast would reach. */
export function coercedPort(port: MessagePort, peers: readonly Peer[], coercion: StakeCoercion): MessagePort {
  return {
    broadcast(message) {
      const said = peers.map((peer) => ({ peer, said: saidOf(coercion, message, peer) }))
      if (said.every((each) => each.said === message)) return port.broadcast(message)
      for (const { peer, said: instead } of said) if (instead !== null) port.send(peer, instead)
    },
    send(to, message) {
      const said = saidOf(coercion, message, to)
      if (said !== null) port.send(to, said)
    },
  }
}

/** What it says in the place of what an honest validator would. */
function saidOf(coercion: StakeCoercion, message: Message, to: Peer): Message | null {
  if (coercion.does('stall')) return null
  const hasBodies = message.kind === 'proposal' || message.kind === 'block-response'
  if (hasBodies && coercion.does('withhold-bodies') && !coercion.isAccomplice(to)) return null
  const { target } = coercion
  if (message.kind !== 'transactions' || target === null || !coercion.does('censor')) return message
  const transactions = message.transactions.filter((bytes) => !bytesTouch(bytes, target))
  if (transactions.length === message.transactions.length) return message
  return transactions.length === 0 ? null : { ...message, transactions }
}
