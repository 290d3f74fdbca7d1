import { hash } from 'node:crypto'
import { type Bytes, unreachable } from '@groundwork/primitives'
import {
  type GossipSub,
  type GossipSubComponents,
  gossipsub,
  StrictNoSign,
  TopicValidatorResult,
} from '@libp2p/gossipsub'
import type { Connection, PeerId, Startable, Stream, StreamHandler, Topology } from '@libp2p/interface'
import type { Node } from './node.ts'

/** Gossipsub over a fixed set of peers, told by us who is there: it follows the direct links and heals with them. */
export interface Gossip<T extends string> {
  start(): Promise<void>
  stop(): Promise<void>
  /** The peer is reachable over this connection; replaces an earlier one. */
  connect(peerId: PeerId, connection: Connection): void
  disconnect(peerId: PeerId): void
  /** Resolves with the peers that it went to; nobody, for what was published before. */
  publish(topic: T, frame: Bytes): Promise<ReadonlySet<string>>
  /** Finds and repairs peers whose streams or subscriptions were lost. Call it every few hundred milliseconds. */
  check(): void
  /** Peers that are known to take a topic. */
  subscribers(topic: T): PeerId[]
}

export interface GossipInit<T extends string> {
  readonly node: Node
  readonly topics: readonly T[]
  readonly chainTag: string
  readonly messageBytesMax: number
  now(): number
  /** Whether to deliver and forward; `peerId` is who passed the message on, not who published it. */
  accept(peerId: string, topic: T, frame: Bytes): 'accept' | 'ignore' | 'reject'
  onFrame(peerId: string, topic: T, frame: Bytes): void
  onRepair(what: 'outbound' | 'subscription'): void
}

interface Member {
  readonly peerId: PeerId
  readonly connection: Connection
  /** What gossipsub sees of the connection: its one outgoing stream is opened by us, beside those of other peers. */
  readonly view: Connection
  opening: boolean
  outbound: Stream | undefined
  failures: number
  /** Not opened again before. */
  pauseEndMs: number
  /** Since when its subscriptions have been missing. */
  missingMs: number | undefined
  repairs: number
}

/** Not in the library's own interface, but public. */
interface Validating {
  reportMessageValidationResult(messageId: string, source: string, acceptance: TopicValidatorResult): void
}

interface Waiting {
  readonly stream: Stream
  readonly handler: StreamHandler
}

const streamMs = 6_000
const pauseMsMin = 250
const pauseMsMax = 8_000
/** A new peer's subscriptions are due within so long; twice that after each repair, up to the second. */
const graceMsMin = 1_500
const graceMsMax = 12_000
const mebibyte = 1024 * 1024

const isOpen = (stream: Stream | undefined): stream is Stream =>
  stream?.status === 'open' && stream.writeStatus === 'writable'

export function createGossip<T extends string>(init: GossipInit<T>): Gossip<T> {
  const { topics } = init
  const { libp2p, privateKey } = init.node
  const members = new Map<string, Member>()
  /** Incoming streams on connections that are not the peer's chosen one yet. */
  const waiting = new Map<Connection, Waiting>()
  const topology: { current: Topology } = { current: {} }
  const nameOf = (topic: T): string => `/groundwork/${init.chainTag}/${topic}/1`
  const topicOf = (name: string): T | undefined => topics.find((topic) => nameOf(topic) === name)

  const onStream = (stream: Stream, connection: Connection, handler: StreamHandler): void => {
    // gossipsub leaves its end open, and with it the stream
    stream.addEventListener('remoteCloseWrite', () => {
      stream.close().catch(() => {})
    })
    const member = members.get(connection.remotePeer.toString())
    if (member?.connection === connection) {
      void handler(stream, member.view)
      return
    }
    waiting.get(connection)?.stream.abort(new Error('replaced'))
    waiting.set(connection, { stream, handler })
    stream.addEventListener('close', () => {
      if (waiting.get(connection)?.stream === stream) waiting.delete(connection)
    })
  }

  // stands in for identify: who speaks gossip is known, and is told by `connect` and `disconnect`
  const registrar = {
    handle: (protocol: string, handler: StreamHandler) =>
      libp2p.handle(protocol, (stream, connection) => onStream(stream, connection, handler)),
    unhandle: (protocol: string) => libp2p.unhandle(protocol),
    register(protocol: string, given: Topology): Promise<string> {
      topology.current = given
      return Promise.resolve(protocol)
    },
    unregister() {},
  }

  const pubsub = gossipsub({
    globalSignaturePolicy: StrictNoSign,
    // A publisher reaches every peer itself; the mesh is for those whom it cannot reach, and each copy costs CPU.
    D: 2,
    Dlo: 1,
    Dhi: 3,
    Dout: 0,
    Dscore: 1,
    floodPublish: true,
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    emitSelf: false,
    batchPublish: true,
    asyncValidation: true,
    // with floods the notes would cost as much as the copies that they save
    idontwantMinDataSize: init.messageBytesMax,
    doPX: false,
    tagMeshPeers: false,
    allowedTopics: topics.map(nameOf),
    msgIdFn: (message) => hash('sha256', message.data, 'buffer'),
    maxInboundDataLength: 16 * mebibyte,
    maxOutboundBufferSize: 8 * mebibyte,
    // peers are limited and banned by the transport; a testbed's peers share addresses
    scoreParams: { IPColocationFactorWeight: 0, behaviourPenaltyWeight: 0 },
  })({
    peerId: libp2p.peerId,
    privateKey,
    peerStore: libp2p.peerStore,
    logger: libp2p.logger,
    registrar: registrar as unknown as GossipSubComponents['registrar'],
    connectionManager: {} as GossipSubComponents['connectionManager'],
  }) as GossipSub & Startable & Validating

  for (const topic of topics) {
    pubsub.topicValidators.set(nameOf(topic), (peerId, message) => {
      if (message.data.length > init.messageBytesMax) return TopicValidatorResult.Reject
      const verdict = init.accept(peerId.toString(), topic, message.data)
      if (verdict === 'accept') return TopicValidatorResult.Accept
      if (verdict === 'ignore') return TopicValidatorResult.Ignore
      if (verdict === 'reject') return TopicValidatorResult.Reject
      return unreachable(verdict)
    })
  }
  pubsub.addEventListener('gossipsub:message', ({ detail }) => {
    const topic = topicOf(detail.msg.topic)
    if (topic === undefined) return
    const from = detail.propagationSource.toString()
    init.onFrame(from, topic, detail.msg.data)
    setTimeout(
      () => pubsub.reportMessageValidationResult(detail.msgId, from, TopicValidatorResult.Accept),
      50 + 100 * Math.random(),
    ).unref()
  })

  const open = async (member: Member): Promise<void> => {
    member.opening = true
    try {
      const stream = await member.connection.newStream(pubsub.protocols, {
        signal: AbortSignal.timeout(streamMs),
      })
      if (members.get(member.peerId.toString()) !== member) return stream.abort(new Error('not needed'))
      // not a reset: that is an error to the peer's gossipsub, which would then drop us, and we it, and so on
      const closing = member.outbound?.close()
      closing?.catch(() => {})
      member.outbound = stream
      member.failures = 0
      await topology.current.onConnect?.(member.peerId, member.view)
    } catch {
      member.pauseEndMs = init.now() + Math.min(pauseMsMax, pauseMsMin * 2 ** member.failures++)
    } finally {
      member.opening = false
    }
  }

  const connect = (peerId: PeerId, connection: Connection): void => {
    disconnect(peerId)
    const member: Member = {
      peerId,
      connection,
      view: {
        remotePeer: peerId,
        remoteAddr: connection.remoteAddr,
        direction: connection.direction,
        get status() {
          return connection.status
        },
        // gossipsub opens streams one after the other, so it must never wait here; and a dead one it would keep for good
        newStream: () =>
          isOpen(member.outbound)
            ? Promise.resolve(member.outbound)
            : Promise.reject(new Error('the gossip stream is not open')),
      } as unknown as Connection,
      opening: false,
      outbound: undefined,
      failures: 0,
      pauseEndMs: 0,
      missingMs: undefined,
      repairs: 0,
    }
    members.set(peerId.toString(), member)
    void open(member)
    const early = waiting.get(connection)
    if (early === undefined) return
    waiting.delete(connection)
    // after the end of an earlier connection's streams, which takes a few microtasks to reach gossipsub
    setImmediate(() => onStream(early.stream, connection, early.handler))
  }

  const disconnect = (peerId: PeerId): void => {
    const member = members.get(peerId.toString())
    if (member === undefined) return
    members.delete(peerId.toString())
    void topology.current.onDisconnect?.(peerId)
    member.outbound?.abort(new Error('disconnected'))
  }

  const subscribers = (topic: T): PeerId[] => pubsub.getSubscribers(nameOf(topic))

  const check = (): void => {
    const known = topics.map((topic) => new Set(subscribers(topic).map(String)))
    const nowMs = init.now()
    for (const [id, member] of members) {
      if (!member.opening && !isOpen(member.outbound) && nowMs >= member.pauseEndMs) {
        init.onRepair('outbound')
        void open(member)
      }
      if (known.every((ids) => ids.has(id))) {
        member.missingMs = undefined
        member.repairs = 0
        continue
      }
      member.missingMs ??= nowMs
      if (nowMs - member.missingMs < Math.min(graceMsMax, graceMsMin * 2 ** member.repairs)) continue
      member.missingMs = undefined
      member.repairs++
      init.onRepair('subscription')
      // the peer finds its stream gone, opens another and begins it with its subscriptions
      for (const stream of member.connection.streams) {
        if (stream.direction === 'inbound' && pubsub.protocols.includes(stream.protocol)) {
          stream.abort(new Error('no subscriptions'))
        }
      }
    }
  }

  return {
    async start() {
      await pubsub.start()
      for (const topic of topics) pubsub.subscribe(nameOf(topic))
    },
    async stop() {
      for (const { peerId } of [...members.values()]) disconnect(peerId)
      await pubsub.stop()
    },
    connect,
    disconnect,
    async publish(topic, frame) {
      const { recipients } = await pubsub.publish(nameOf(topic), frame)
      return new Set(recipients.map(String))
    },
    check,
    subscribers,
  }
}
