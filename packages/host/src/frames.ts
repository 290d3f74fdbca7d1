import { CodedError } from '@groundwork/primitives'
import { decodeMessage, encodeMessage, type Message } from '@groundwork/stake-core'
import type { MessagePort } from './driver.ts'
import type { Topic, Transport } from './ports.ts'

/** What travels by gossip; everything else goes over direct streams. */
const topics: Partial<Record<Message['kind'], Topic>> = {
  proposal: 'proposals',
  transactions: 'transactions',
}

/** Messages over a transport of frames. */
export function framesOver(transport: Transport): MessagePort {
  return {
    broadcast(message) {
      const topic = topics[message.kind]
      const frame = encodeMessage(message)
      if (topic === undefined) transport.broadcast(frame)
      else transport.publish(topic, frame)
    },
    send: (to, message) => transport.send(to, encodeMessage(message)),
  }
}

/** The message in a frame, or why there is none. */
export function messageIn(frame: Uint8Array): Message | string {
  try {
    return decodeMessage(frame)
  } catch (error) {
    if (error instanceof CodedError) return error.code.toLowerCase().replace('_', '-')
    throw error
  }
}
