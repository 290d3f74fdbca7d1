import type { Bytes } from '@groundwork/primitives'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Counters } from './counters.ts'
import { createGossip, type Gossip } from './gossip.ts'
import type { Node } from './node.ts'

/**
 * Publications to everybody, at least once: of the topics that are gossiped by gossip, and directly to those whom gossip
 * would leave out; of others directly.
 */
export interface Publications<T extends string> {
  start(): Promise<void>
  stop(): Promise<void>
  connect(peerId: PeerId, connection: Connection): void
  disconnect(peerId: PeerId): void
  publish(topic: T, frame: Bytes): void
  /** A publication that came over a direct stream. */
  receive(peerId: string, topic: T, frame: Bytes): void
  /** Repairs gossip; call it at each heartbeat. */
  check(): void
}

export interface PublicationsInit<T extends string> {
  readonly node: Node
  readonly gossiped: readonly T[]
  readonly chainTag: string
  /** Larger publications go over the direct streams alone. */
  readonly gossipBytesMax: number
  readonly count: Counters
  now(): number
  /** False: over the peer's rate. */
  admit(peerId: string, bytes: number): boolean
  /** Whether to deliver and forward; a refusal is held against the peer. */
  accept(peerId: string, topic: T, frame: Bytes): Acceptance
  deliver(peerId: string, topic: T, frame: Bytes): void
  sendDirect(topic: T, frame: Bytes, except: ReadonlySet<string>): void
}

/** `ignore`: known already, or nothing that this node could judge. */
export type Acceptance = 'accept' | 'ignore' | 'reject'

const nobody: ReadonlySet<string> = new Set()

export function createPublications<T extends string>(init: PublicationsInit<T>): Publications<T> {
  const { count, gossiped } = init
  const gossip = gossiped.length === 0 ? null : gossipOf(init)

  const publish = async (topic: T, frame: Bytes): Promise<void> => {
    const isGossiped = gossiped.includes(topic) && frame.length <= init.gossipBytesMax
    if (gossip === null || !isGossiped) return init.sendDirect(topic, frame, nobody)
    // left out: a peer that has just come up, and everybody when a publication is sent again
    init.sendDirect(topic, frame, await gossip.publish(topic, frame))
  }

  return {
    start: async () => gossip?.start(),
    stop: async () => gossip?.stop(),
    connect: (peerId, connection) => gossip?.connect(peerId, connection),
    disconnect: (peerId) => gossip?.disconnect(peerId),
    publish(topic, frame) {
      count.add('published')
      publish(topic, frame).catch(() => count.add('publishFailures'))
    },
    receive(peerId, topic, frame) {
      if (init.accept(peerId, topic, frame) === 'accept') init.deliver(peerId, topic, frame)
    },
    check: () => gossip?.check(),
  }
}

function gossipOf<T extends string>(init: PublicationsInit<T>): Gossip<T> {
  const { count } = init
  return createGossip({
    node: init.node,
    topics: init.gossiped,
    chainTag: init.chainTag,
    messageBytesMax: init.gossipBytesMax,
    now: init.now,
    accept(peerId, topic, frame) {
      if (!init.admit(peerId, frame.length)) return 'ignore'
      return init.accept(peerId, topic, frame)
    },
    onFrame(peerId, topic, frame) {
      count.add('gossipFramesIn')
      count.add('gossipBytesIn', frame.length)
      init.deliver(peerId, topic, frame)
    },
    onRepair: (what) => count.add(`gossipRepairs.${what}`),
  })
}
