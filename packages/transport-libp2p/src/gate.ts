import type { Connection, ConnectionGater, MultiaddrConnection, Stream } from '@libp2p/interface'

/** Who may connect, and what is counted of those who may not. */
export interface Gate {
  readonly gater: ConnectionGater
  /** Counts streams of unknown protocols on a new connection. */
  watch(connection: Connection): void
  /** Resets a connection without blaming the peer for what breaks. */
  abort(connection: Connection, reason: string): void
  /** Closes incoming connections that were never put to use. */
  reap(connections: readonly Connection[], used: (connection: Connection) => boolean): void
}

export interface GateInit {
  count(name: string): void
  /** Why an incoming connection of this authenticated peer is refused. */
  admits(peerId: string): string | undefined
  onUnknownProtocol(peerId: string): void
}

/** A dialling peer opens its direct stream at once. */
const unusedMs = 10_000

export function createGate(init: GateInit): Gate {
  const shaken = new WeakSet<MultiaddrConnection>()
  const aborted = new WeakSet<Connection>()

  return {
    gater: {
      denyInboundConnection(connection) {
        init.count('inbound')
        connection.addEventListener('close', () => {
          if (!shaken.has(connection)) init.count('handshakeFailures')
        })
        return false
      },
      denyInboundEncryptedConnection(peerId, connection) {
        shaken.add(connection)
        const reason = init.admits(peerId.toString())
        if (reason !== undefined) init.count(`rejected.${reason}`)
        return reason !== undefined
      },
    },
    watch(connection) {
      // not in the interface, but there: negotiation fails inside libp2p and is not reported otherwise
      const { muxer } = connection as { readonly muxer?: EventTarget }
      muxer?.addEventListener('stream', (event) => {
        const stream = (event as CustomEvent<Stream>).detail
        stream.addEventListener('close', () => {
          const broken = connection.status !== 'open' || aborted.has(connection)
          if (stream.protocol === '' && !broken) init.onUnknownProtocol(connection.remotePeer.toString())
        })
      })
    },
    abort(connection, reason) {
      aborted.add(connection)
      connection.abort(new Error(reason))
    },
    reap(connections, used) {
      for (const connection of connections) {
        if (connection.direction === 'outbound' || used(connection)) continue
        if (Date.now() - connection.timeline.open < unusedMs) continue
        init.count('rejected.unused-connection')
        aborted.add(connection)
        connection.abort(new Error('unused'))
      }
    },
  }
}
