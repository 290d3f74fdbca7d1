import { isIP } from 'node:net'
import { noise } from '@chainsafe/libp2p-noise'
import { assert, type Bytes, CodedError, concat, keyPair } from '@groundwork/primitives'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { Connection, ConnectionGater, Libp2p, PrivateKey } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { gatherWrites } from './gather-writes.ts'
import { quietYamux } from './window-updates.ts'

export interface Address {
  /** An IP address, or a name to resolve (not for listening). */
  readonly host: string
  readonly port: number
}

export interface Node {
  readonly libp2p: Libp2p
  readonly privateKey: PrivateKey
  /** Opens a connection beside any other; libp2p's dial queue would join attempts into one. */
  dial(address: Address, peerId: string, signal: AbortSignal, onAnswer: () => void): Promise<Connection>
  /** Throws `TRANSPORT_LISTEN`. */
  start(): Promise<void>
  listening(): Address
}

/** A limit that never bites: the peers are fixed and have limits of their own. */
const unlimited = 100_000
/** Handshakes of strangers that may wait at the same time, and for how long. */
const handshakesMax = 1_000
const handshakeMs = 6_000

interface Dials {
  readonly transportManager: {
    dial(address: Multiaddr, options: { readonly signal: AbortSignal }): Promise<Connection>
  }
}

/** A libp2p node over TCP, Noise and Yamux with everything off that dials, closes or delays connections on its own. */
export async function createNode(
  networkKey: Bytes,
  listen: Address | null,
  gater: ConnectionGater,
): Promise<Node> {
  const privateKey = privateKeyFromRaw(concat(networkKey, keyPair(networkKey).publicKey))
  const onAnswer = new WeakMap<AbortSignal, () => void>()
  let dials: Dials | undefined

  const libp2p = await createLibp2p({
    start: false,
    privateKey,
    addresses: { listen: listen === null ? [] : [tcpAddress(listen)] },
    transports: [tcp({ listenOpts: { noDelay: true }, dialOpts: { noDelay: true }, backlog: 511 })],
    connectionEncrypters: [
      (components) => {
        const encrypter = noise()(components)
        return {
          protocol: encrypter.protocol,
          secureInbound(connection, options) {
            gatherWrites(connection)
            return encrypter.secureInbound(connection, options)
          },
          // called when the peer has agreed to Noise: the first sign that packets come through
          secureOutbound(connection, options) {
            gatherWrites(connection)
            if (options?.signal !== undefined) onAnswer.get(options.signal)?.()
            return encrypter.secureOutbound(connection, options)
          },
        }
      },
    ],
    streamMuxers: [quietYamux({ maxInboundStreams: 64, maxOutboundStreams: 64 })],
    connectionMonitor: { enabled: false },
    connectionGater: gater,
    connectionManager: {
      maxConnections: unlimited,
      maxIncomingPendingConnections: handshakesMax,
      inboundConnectionThreshold: unlimited,
      inboundUpgradeTimeout: handshakeMs,
      inboundStreamProtocolNegotiationTimeout: handshakeMs,
      outboundStreamProtocolNegotiationTimeout: handshakeMs,
      reconnectRetries: 0,
    },
    services: {
      dials(components: Dials) {
        dials = components
        return {}
      },
    },
  })

  return {
    libp2p,
    privateKey,
    async dial(address, peerId, signal, answered) {
      onAnswer.set(signal, answered)
      const to = multiaddr(`${tcpAddress(address)}/p2p/${peerId}`)
      return (dials as Dials).transportManager.dial(to, { signal })
    },
    async start() {
      try {
        await libp2p.start()
      } catch (error) {
        const reason = /EADDRINUSE/.test(String(error))
          ? 'the port is in use'
          : String(error).split('\n', 1)[0]
        const where = listen === null ? '' : ` on ${listen.host}:${listen.port}`
        throw new CodedError('TRANSPORT_LISTEN', `cannot listen${where}: ${reason}`, { ...listen })
      }
    },
    listening() {
      assert(listen !== null, 'this node listens')
      const [address] = libp2p.getMultiaddrs()
      const port = address?.getComponents().find((component) => component.name === 'tcp')?.value
      return { host: listen.host, port: port === undefined ? listen.port : Number(port) }
    },
  }
}

function tcpAddress({ host, port }: Address): string {
  const kind = { 0: 'dns4', 4: 'ip4', 6: 'ip6' }[isIP(host) as 0 | 4 | 6]
  return `/${kind}/${host}/tcp/${port}`
}
