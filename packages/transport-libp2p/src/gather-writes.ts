import type { Socket } from 'node:net'
import type { MessageStream } from '@libp2p/interface'

/**
 * Lets what is written to a connection in answer to one event leave in one system call and few packets. libp2p
 * writes the length and the content of each encrypted packet by themselves, without delay: two packets for a vote, and two
 * more for the window update that answers it.
 */
export function gatherWrites(connection: MessageStream): void {
  // the TCP transport's own field; without it everything still works, at twice the cost
  const { socket } = connection as { readonly socket?: Socket }
  if (socket === undefined) return
  const write = socket.write
  let corked = false
  const uncork = (): void => {
    corked = false
    socket.uncork()
  }
  socket.write = ((...parameters: Parameters<Socket['write']>) => {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(uncork)
    }
    return write.apply(socket, parameters)
  }) as Socket['write']
}
