import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'
import type { Address } from '../../src/index.ts'

/** A TCP relay with a delay and a black hole: a cut swallows every connection that is there or comes, for good. */
export interface Relay {
  readonly address: Address
  /** Where new connections go. */
  target: Address
  /** One way. */
  delayMs: number
  cut(): void
  heal(): void
  stop(): Promise<void>
}

export async function startRelay(target: Address, delayMs = 0): Promise<Relay> {
  const sockets = new Set<Socket>()
  const pairs = new Set<{ lost: boolean }>()
  let isCut = false

  const pipe = (from: Socket, to: Socket, pair: { lost: boolean }): void => {
    const later = (call: () => void): void => {
      setTimeout(() => {
        if (!pair.lost) call()
      }, relay.delayMs)
    }
    from.on('data', (chunk) => later(() => to.write(chunk)))
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      later(() => to.resetAndDestroy())
    })
  }

  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ ...relay.target, noDelay: true })
    const pair = { lost: isCut }
    pairs.add(pair)
    for (const socket of [near, far]) sockets.add(socket)
    pipe(near, far, pair)
    pipe(far, near, pair)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))

  const relay: Relay = {
    address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    target,
    delayMs,
    cut() {
      isCut = true
      for (const pair of pairs) pair.lost = true
      pairs.clear()
    },
    heal() {
      isCut = false
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
  return relay
}
