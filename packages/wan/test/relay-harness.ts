import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { capabilitiesOf, type LiveLinkTable, linkTable } from '@groundwork/wan'
import { type RelayNetwork, startRelays } from '@groundwork/wan/relay'
import type { Channel, Message, WanHarness } from './conformance-harness.ts'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'

/** Real connections through real relays; both ends live in this process. */
export interface RelayHarness extends WanHarness {
  readonly network: RelayNetwork
  open(from: string, to: string): RelayChannel
}

export interface RelayChannel extends Channel {
  readonly dialer: Socket
  /** The target's end, once it has been accepted. */
  readonly accepted: Promise<Socket>
  /** When an end saw the other's end or a reset. */
  readonly seen: { dialerEndMs: number | null; dialerResetMs: number | null; targetResetMs: number | null }
}

export interface SocketEnd {
  readonly server: Server
  readonly port: number
  /** Called with the next connection, unless cancelled before. */
  next(accept: (socket: Socket) => void): () => void
}

export async function socketEnd(): Promise<SocketEnd> {
  const accepting = new Set<(socket: Socket) => void>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on('error', () => {})
    const [accept] = accepting
    if (accept === undefined) return
    accepting.delete(accept)
    accept(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    server,
    port,
    next(accept) {
      accepting.add(accept)
      return () => accepting.delete(accept)
    },
  }
}

export async function relayHarness(): Promise<RelayHarness> {
  const table: LiveLinkTable = linkTable({
    nodes: conformanceNodes,
    regions: conformanceRegions,
    capabilities: capabilitiesOf('relay'),
  })
  const network = await startRelays({ table })
  const ends = new Map<string, SocketEnd>()
  const sockets = new Set<Socket>()
  for (const { name } of conformanceNodes) {
    const end = await socketEnd()
    ends.set(name, end)
    network.setTarget(name, { host: '127.0.0.1', port: end.port })
  }
  await network.settle()
  const lag = monitorEventLoopDelay({ resolution: 1 })
  lag.enable()
  return {
    table,
    network,
    now: () => performance.now(),
    pass: (ms) => sleep(ms),
    settle: () => network.settle(),
    open(from, to) {
      const dialer = connect({ ...network.address(from, to), noDelay: true, allowHalfOpen: true })
      sockets.add(dialer)
      const channel = relayChannel(dialer, ends.get(to) as SocketEnd)
      void channel.accepted.then((socket) => sockets.add(socket))
      return channel
    },
    lagMsMax: () => lag.max / 1e6,
    headerBytes: 0,
    damaged: async () => 0,
    async close() {
      lag.disable()
      for (const socket of sockets) socket.destroy()
      for (const { server } of ends.values()) server.close()
      await network.stop()
    },
  }
}

function relayChannel(dialer: Socket, end: SocketEnd): RelayChannel {
  const seen: RelayChannel['seen'] = { dialerEndMs: null, dialerResetMs: null, targetResetMs: null }
  const accepted = new Promise<Socket>((resolve) => {
    const cancel = end.next(resolve)
    dialer.once('close', cancel)
  })
  const there = lane()
  const back = lane()
  dialer.on('data', back.receive)
  dialer.on('end', () => {
    seen.dialerEndMs = performance.now()
  })
  dialer.on('error', () => {
    seen.dialerResetMs = performance.now()
  })
  let target: Socket | null = null
  void accepted.then((socket) => {
    target = socket
    socket.on('data', there.receive)
    socket.on('error', () => {
      seen.targetResetMs = performance.now()
    })
  })
  return {
    dialer,
    accepted,
    seen,
    // The relay has dialled the target by then, and by its clock both ends know of the connection.
    ready: accepted.then(() => sleep(100)),
    send: (bytes) => there.send(dialer, bytes),
    reply: (bytes) => back.send(target, bytes),
    sent: there.messages,
    replies: back.messages,
    refused: () => seen.dialerResetMs !== null,
  }
}

interface Lane {
  readonly messages: readonly Message[]
  send(socket: Socket | null, bytes: number): void
  receive(bytes: Uint8Array): void
}

/** A byte stream in order: a message has arrived when all bytes up to its last have. */
function lane(): Lane {
  const messages: { sentMs: number; arrivedMs: number | null; copies: number; readonly endsAt: number }[] = []
  let written = 0
  let received = 0
  let arrived = 0
  return {
    messages,
    send(socket, bytes) {
      written += bytes
      messages.push({ sentMs: performance.now(), arrivedMs: null, copies: 0, endsAt: written })
      if (socket?.writable) socket.write(new Uint8Array(bytes))
    },
    receive(bytes) {
      received += bytes.length
      for (
        let next = messages[arrived];
        next !== undefined && next.endsAt <= received;
        next = messages[arrived]
      ) {
        next.arrivedMs = performance.now()
        next.copies++
        arrived++
      }
    },
  }
}
