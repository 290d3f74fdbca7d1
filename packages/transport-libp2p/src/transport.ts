import type { Topic, Transport } from '@groundwork/host'
import { assert, type Bytes } from '@groundwork/primitives'
import type { Peer } from '@groundwork/stake-core'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { counters } from './counters.ts'
import { type Dialer, dialer } from './dialer.ts'
import { type FrameKind, topicKinds } from './frame.ts'
import { createGate } from './gate.ts'
import { createGuests } from './guests.ts'
import { checkInit, type PeerAddress, type TransportInit } from './init.ts'
import { type Limiter, limiter } from './limiter.ts'
import { defaultLimits } from './limits.ts'
import { type Link, link } from './link.ts'
import { type Address, createNode } from './node.ts'
import { makePassport, passportProtocol, showPassport } from './passport.ts'
import { peerIdOf } from './peer-id.ts'
import { createPublications } from './publications.ts'
import { type RoundTripSummary, type RoundTripWindow, roundTripWindow } from './round-trips.ts'

export interface Libp2pTransport<T extends string = Topic> extends Transport<T> {
  /** Only of a node that listens. */
  listening(): Address
  /** Peers that are up, by name. */
  connected(): Peer[]
  /** The shortest of the recent round trips, or the last known one of a peer that is down. */
  rttMs(peer: Peer): number | undefined
  /** For each peer with any: the round trips measured since the last call, at most the 64 newest. */
  takeRoundTrips(): RoundTripSummary[]
  /** Since the start; see the README for the names. */
  counters(): Record<string, number>
  /** Counts an undecodable or wrongly signed message against a peer; too many close its connection for a while. */
  penalize(peer: Peer, reason: string): void
  stop(): Promise<void>
}

interface Session {
  readonly connection: Connection
  readonly link: Link
  up: boolean
}

interface Member {
  readonly config: PeerAddress
  readonly peerId: PeerId
  readonly limiter: Limiter
  readonly gossipLimiter: Limiter
  session: Session | undefined
  dialer: Dialer | undefined
  readonly roundTrips: RoundTripWindow
  rttMs: number | undefined
  wasUp: boolean
}

const stakeTopics: readonly Topic[] = ['proposals', 'transactions']
const heartbeatMsDefault = 250
/** A peer is dead after so many round trips of silence, if that is more than the limit. */
const silenceRoundTrips = 6
/** A late timer means that this process did not run; peers are not blamed for that. */
const stallHeartbeats = 3

/**
 * Starts listening and dialling. Votes and answers travel on one direct stream per pair of peers, publications by
 * gossip; a peer that falls silent is replaced at once. Throws `TRANSPORT_CONFIG`, `TRANSPORT_KEY`, `TRANSPORT_LISTEN`.
 */
export async function createTransport<T extends string = Topic>(
  init: TransportInit<T>,
): Promise<Libp2pTransport<T>> {
  checkInit(init)
  const topics = init.topics ?? (stakeTopics as readonly string[] as readonly T[])
  const kindOf = (topic: T): FrameKind => topicKinds[topics.indexOf(topic)] as FrameKind
  const limits = { ...defaultLimits, ...init.limits }
  const heartbeatMs = init.heartbeatMs ?? heartbeatMsDefault
  const protocol = `/groundwork/${init.chainTag}/direct/1`
  const count = counters()
  const now = (): number => performance.now()
  const byName = new Map<Peer, Member>()
  const byId = new Map<string, Member>()
  let stopped = false

  /** Whatever the host throws stays with the host. */
  const guard = <T>(call: () => T, otherwise: T): T => {
    try {
      return call()
    } catch (error) {
      count.add('handlerErrors')
      init.onError?.(error)
      return otherwise
    }
  }

  const gate = createGate({
    count: count.add,
    admits(peerId) {
      const member = byId.get(peerId)
      if (member === undefined) return guests.hears(node.libp2p.getConnections()) ? undefined : 'unknown-peer'
      if (member.config.dial) return 'wrong-direction'
      return member.limiter.bannedUntilMs() > now() ? 'banned' : undefined
    },
    onUnknownProtocol(peerId) {
      const member = byId.get(peerId)
      if (member !== undefined) penalize(member, 'unknown-protocol')
    },
  })
  const node = await createNode(init.networkKey, init.listen, gate.gater)
  const publications = createPublications<T>({
    node,
    gossiped: init.gossiped ?? topics,
    chainTag: init.chainTag,
    gossipBytesMax: limits.gossipBytesMax,
    count,
    now,
    admit(peerId, bytes) {
      const admitted = byId.get(peerId)?.gossipLimiter.admit(bytes, now()) ?? false
      if (!admitted) count.add('rejected.rate')
      return admitted
    },
    accept(peerId, topic, frame) {
      const member = byId.get(peerId)
      if (member === undefined) return 'reject'
      const { acceptGossip } = init
      const verdict = acceptGossip === undefined || guard(() => acceptGossip(topic, frame), false)
      if (verdict !== false) return verdict === true ? 'accept' : 'ignore'
      penalize(member, 'gossip-invalid')
      return 'reject'
    },
    deliver(peerId, topic, frame) {
      const member = byId.get(peerId)
      if (member !== undefined) guard(() => init.events.frame(member.config.name, frame, topic), undefined)
    },
    sendDirect: (topic, frame, except) => broadcast(kindOf(topic), frame, except),
  })

  const end = (member: Member, reason: string): void => {
    const { session } = member
    if (session === undefined) return
    member.session = undefined
    member.rttMs = session.link.rttMs() ?? member.rttMs
    session.link.close()
    publications.disconnect(member.peerId)
    // a reset: a graceful close would wait for a peer that does not answer
    gate.abort(session.connection, reason)
    if (session.up) {
      count.add('peerDowns')
      guard(() => init.events.peerDown(member.config.name, reason), undefined)
    }
    if (!stopped) member.dialer?.lost(session.up, member.limiter.bannedUntilMs() - now())
  }

  const penalize = (member: Member, reason: string): void => {
    count.add(`rejected.${reason}`)
    if (!member.limiter.strike(now())) return
    count.add('bans')
    end(member, 'banned')
  }

  const receive = (member: Member, kind: FrameKind, payload: Bytes): void => {
    if (!member.limiter.admit(payload.length, now())) return count.add('rejected.rate')
    count.add('directFramesIn')
    if (kind === 'direct' || kind === 'beat') {
      guard(() => init.events.frame(member.config.name, payload, 'direct'), undefined)
    } else {
      const topic = topics[topicKinds.indexOf(kind)]
      if (topic === undefined) penalize(member, 'unknown-frame')
      else publications.receive(member.config.peerId, topic, payload)
    }
  }

  /** Makes this the peer's connection. The newest wins: only the dialling side chooses, and it chooses one that works. */
  const adopt = (member: Member, connection: Connection, stream: Stream): void => {
    end(member, 'replaced')
    const session: Session = {
      connection,
      up: false,
      link: link({
        stream,
        frameBytesMax: limits.frameBytesMax,
        sendQueueBytesMax: limits.sendQueueBytesMax,
        heartbeatMs,
        leads: member.config.dial,
        now,
        onUp() {
          session.up = true
          member.dialer?.up()
          count.add(member.wasUp ? 'reconnects' : 'connects')
          member.wasUp = true
          guard(() => init.events.peerUp(member.config.name), undefined)
        },
        onRoundTrip: member.roundTrips.add,
        onFrame: (kind, payload) => receive(member, kind, payload),
        onGarbage(reason, fatal) {
          penalize(member, reason)
          if (fatal && member.session === session) end(member, reason)
        },
        onEnd(partial) {
          if (partial) count.add('rejected.truncated-frame')
          end(member, 'closed')
        },
        onSent: (bytes) => count.add('directBytesOut', bytes),
        onReceived: (bytes) => count.add('directBytesIn', bytes),
        onDropped: (frames) => count.add('droppedOverflow', frames),
      }),
    }
    member.session = session
    publications.connect(member.peerId, connection)
  }

  const refuse = (connection: Connection): void => {
    count.add('rejected.unknown-peer')
    gate.abort(connection, 'unknown peer')
  }

  const onStream = (stream: Stream, connection: Connection): void => {
    const member = byId.get(connection.remotePeer.toString())
    const expected = connection.direction === 'inbound' && member?.session?.connection !== connection
    if (member !== undefined && expected && !stopped) return adopt(member, connection, stream)
    stream.abort(new Error('unexpected stream'))
    if (member !== undefined) penalize(member, 'unexpected-stream')
    else refuse(connection)
  }

  const join = (config: PeerAddress, before?: Member): Member => {
    const member: Member = {
      config,
      peerId: peerIdFromString(config.peerId),
      limiter: before?.limiter ?? limiter(limits),
      gossipLimiter: before?.gossipLimiter ?? limiter(limits),
      session: undefined,
      dialer: undefined,
      roundTrips: roundTripWindow(),
      rttMs: undefined,
      wasUp: false,
    }
    byName.set(config.name, member)
    byId.set(config.peerId, member)
    return member
  }
  const part = (member: Member, reason: string): void => {
    byName.delete(member.config.name)
    byId.delete(member.config.peerId)
    end(member, reason)
  }

  const guests = createGuests({
    chainTag: init.chainTag,
    admits: init.admits && ((key) => guard(() => init.admits?.(key) ?? false, false)),
    isKnown: (peerId) => byId.has(peerId),
    welcome(name, peerId) {
      if (name === init.self || init.peers.some((peer) => peer.name === name)) return false
      // under another peer id: whatever the key's bearer did before stays with it
      const before = byName.get(name)
      if (before?.session !== undefined) return false
      if (before !== undefined && before.limiter.bannedUntilMs() > now()) return false
      if (before !== undefined) part(before, 'replaced')
      join({ name, peerId, host: '', port: 0, dial: false }, before)
      return true
    },
    dismiss(name) {
      const member = byName.get(name)
      if (member !== undefined) part(member, 'not-admitted')
    },
    refuse,
  })
  const passport = init.passport && makePassport(init.passport, init.chainTag, peerIdOf(init.networkKey))

  for (const config of init.peers) {
    const member = join(config)
    if (!config.dial) continue
    member.dialer = dialer({
      async dial(signal, progress) {
        const connection = await node.dial(config, config.peerId, signal, progress.onAnswer)
        try {
          if (passport !== undefined) {
            const shown = await connection.newStream(passportProtocol(init.chainTag), { signal })
            await showPassport(shown, passport, signal)
          }
          const stream = await connection.newStream(protocol, { signal })
          signal.throwIfAborted()
          progress.onLinked()
          adopt(member, connection, stream)
        } catch (error) {
          gate.abort(connection, String(error))
          throw error
        }
      },
      now,
      random: Math.random,
      everyMs: limits.dialEveryMs,
      rttMs: () => member.rttMs,
      onDial: () => count.add('dials'),
      onFailure: () => count.add('dialFailures'),
    })
  }

  const leads = init.peers.filter(({ dial }) => dial).length
  let tickedMs = now()
  const tick = (): void => {
    const nowMs = now()
    const lateMs = nowMs - tickedMs - heartbeatMs
    tickedMs = nowMs
    let led = 0
    for (const member of byName.values()) {
      const { session } = member
      if (session === undefined) continue
      if (lateMs > stallHeartbeats * heartbeatMs) session.link.forgive(lateMs)
      const patienceMs = Math.max(
        limits.silenceMs,
        silenceRoundTrips * (session.link.rttMs() ?? member.rttMs ?? 0),
      )
      if (nowMs - session.link.heardMs() > patienceMs) end(member, 'silent')
      else if (!member.config.dial) session.link.beat()
      else setTimeout(session.link.beat, (led++ * heartbeatMs) / leads).unref()
    }
    guests.check()
    publications.check()
    gate.reap(node.libp2p.getConnections(), (connection) => {
      const member = byId.get(connection.remotePeer.toString())
      return member?.session?.connection === connection
    })
  }

  const broadcast = (kind: FrameKind, frame: Bytes, except?: ReadonlySet<string>): void => {
    assert(frame.length <= limits.frameBytesMax, `a frame has at most ${limits.frameBytesMax} bytes`)
    for (const { session, config } of byName.values()) {
      if (session?.up && !except?.has(config.peerId)) session.link.send(kind, frame)
    }
  }

  await node.libp2p.handle(protocol, onStream, { maxInboundStreams: 4, maxOutboundStreams: 4 })
  await node.libp2p.handle(passportProtocol(init.chainTag), guests.onStream, { maxInboundStreams: 1 })
  node.libp2p.addEventListener('connection:open', ({ detail }) => gate.watch(detail))
  await publications.start()
  await node.start()
  const timer = setInterval(tick, heartbeatMs)
  for (const { dialer } of byName.values()) dialer?.start()

  return {
    broadcast: (frame) => broadcast('direct', frame),
    send(to, frame) {
      assert(frame.length <= limits.frameBytesMax, `a frame has at most ${limits.frameBytesMax} bytes`)
      const session = byName.get(to)?.session
      if (session?.up) session.link.send('direct', frame)
      else count.add('droppedUnconnected')
    },
    publish(topic, frame) {
      assert(frame.length <= limits.frameBytesMax, `a frame has at most ${limits.frameBytesMax} bytes`)
      publications.publish(topic, frame)
    },
    listening: node.listening,
    connected: () =>
      [...byName.values()].filter(({ session }) => session?.up).map(({ config }) => config.name),
    rttMs(peer) {
      const member = byName.get(peer)
      return member?.session?.link.rttMs() ?? member?.rttMs
    },
    takeRoundTrips: () =>
      [...byName.values()].flatMap(({ config, roundTrips }) => {
        const taken = roundTrips.take()
        return taken === undefined ? [] : [{ peer: config.name, ...taken }]
      }),
    counters: count.snapshot,
    penalize(peer, reason) {
      const member = byName.get(peer)
      if (member !== undefined) penalize(member, reason)
    },
    async stop() {
      if (stopped) return
      stopped = true
      clearInterval(timer)
      for (const member of byName.values()) {
        member.dialer?.stop()
        end(member, 'stopped')
      }
      await publications.stop()
      for (const connection of node.libp2p.getConnections()) gate.abort(connection, 'stopped')
      await node.libp2p.stop()
    },
  }
}
