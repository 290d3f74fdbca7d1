import {
  type Clock,
  type Journal,
  nodeSignatures,
  type PhysicalStore,
  type PhysicalTopic,
  physicalTopics,
} from '@groundwork/host'
import {
  type ChainRules,
  type Peer,
  type PhysicalCore,
  type PhysicalJournalEntry,
  slotAt,
} from '@groundwork/physical-core'
import {
  type Checker,
  createChecker,
  createCheckPool,
  createFrameServer,
  createPhysicalHost,
  type PhysicalHost,
  type PhysicalHostEvents,
  type PhysicalHostInit,
  type PhysicalTransport,
} from '@groundwork/physical-host'
import { type Bytes, type KeyPair, toHex } from '@groundwork/primitives'
import {
  createTransport,
  type Libp2pTransport,
  type PeerAddress,
  type TransportInit,
} from '@groundwork/transport-libp2p'
import { choosePowers, withoutVdfWarning } from '@groundwork/vdf'
import type { Log } from '../log.ts'
import type { Address } from '../settings.ts'
import { monotonicMs } from '../trace-writer.ts'
import { resume } from './storage.ts'
import { threadUrl } from './threads.ts'

export interface PhysicalNodeInit extends Pick<PhysicalHostInit, 'farm' | 'judge' | 'stepped' | 'extra'> {
  readonly rules: ChainRules
  readonly dataDir: string
  /** Signs blocks; null: the node only follows, and keeps no journal. */
  readonly key: KeyPair | null
  readonly timelord: boolean
  /** How far its clock is ahead, ms. */
  readonly clockOffsetMs: number
  readonly network: Pick<TransportInit, 'passport' | 'admits'> & {
    readonly self: string
    readonly networkKey: Bytes
    /** Null: takes no connections. */
    readonly listen: Address | null
    readonly peers: readonly PeerAddress[]
  }
  readonly log: Log
  readonly onSync: (durationMs: number) => void
  readonly events: Omit<PhysicalHostEvents, 'failed'> & {
    peerUp(peer: Peer): void
    peerDown(peer: Peer, reason: string): void
  }
  /** None: it is honest. */
  readonly seams?: PhysicalSeams
  /** The node cannot go on. */
  readonly onFailure: (error: unknown) => void
}

/** Where a node that misbehaves on the physical chain differs from an honest one. */
export interface PhysicalSeams {
  core(honest: PhysicalCore): PhysicalCore
  /** What it says. */
  transport(honest: PhysicalTransport): PhysicalTransport
  /** What it passes on of what others publish. */
  accept(honest: PhysicalHost['accept']): PhysicalHost['accept']
}

export const honestPhysicalSeams: PhysicalSeams = {
  core: (honest) => honest,
  transport: (honest) => honest,
  accept: (honest) => honest,
}

/** A node of the physical chain as every program runs one: its disk, the checks in threads, the host, a transport. */
export interface PhysicalNode {
  readonly rules: ChainRules
  readonly core: PhysicalCore
  readonly store: PhysicalStore
  readonly journal: Journal<PhysicalJournalEntry>
  readonly checker: Checker
  readonly host: PhysicalHost
  readonly clock: Clock
  wallMs(): number
  /** For `getPhysicalFrames`. */
  frame(request: Bytes): Promise<Bytes | null>
  /** Undefined until it is connected. */
  transport(): Libp2pTransport<PhysicalTopic> | undefined
  /** Listens and dials. */
  connect(): Promise<Libp2pTransport<PhysicalTopic>>
  stop(): Promise<void>
}

const transportStopMs = 400
/** An answer has some two megabytes at most, a block one. */
const frameBytesMax = 4 * 1024 * 1024
/** Nobody votes here: a peer that is gone may be noticed later than on the stake chain. */
const heartbeatMs = 1_000
const silenceMs = 4_000
const clock: Clock = {
  now: monotonicMs,
  schedule: (afterMs, callback) => void setTimeout(callback, afterMs),
}

/** Reads what the disk holds. Nothing is said or heard before `connect`, nothing moves before `host.start`. */
export async function openPhysicalNode(init: PhysicalNodeInit): Promise<PhysicalNode> {
  const { rules, events, network, log, seams = honestPhysicalSeams } = init
  if (rules.parameters.vdf.kind === 'none') log.warn(withoutVdfWarning)
  const wallMs = (): number => Date.now() + init.clockOffsetMs
  const { journal, store, ...resumed } = await resume({ ...init, slotNow: slotAt(rules.genesis, wallMs()) })
  const core = seams.core(resumed.core)
  const checker = createChecker(rules, nodeSignatures.verify, choosePowers())
  const pool = createCheckPool({ genesis: rules.genesis, ...threadUrl('check-thread') })
  let transport: Libp2pTransport<PhysicalTopic> | undefined
  let spoken: PhysicalTransport | undefined

  const host = createPhysicalHost({
    rules,
    core,
    journal,
    store,
    checker,
    pool,
    transport: () => spoken,
    clock,
    wallMs,
    random: Math.random,
    events: { ...events, failed: init.onFailure },
    ...(init.farm && { farm: init.farm }),
    ...(init.judge && { judge: init.judge }),
    ...(init.stepped && { stepped: init.stepped }),
    ...(init.extra && { extra: init.extra }),
  })

  return {
    rules,
    core,
    store,
    journal,
    checker,
    host,
    clock,
    wallMs,
    frame: createFrameServer({ core, answer: host.answer }),
    transport: () => transport,
    async connect() {
      transport = await createTransport<PhysicalTopic>({
        ...network,
        topics: physicalTopics,
        // Whoever misses a block or a slot proof asks for it (ADR 21); an item has its place with those whom it reached.
        gossiped: [],
        limits: { frameBytesMax, sendQueueBytesMax: frameBytesMax, silenceMs },
        heartbeatMs,
        chainTag: toHex(rules.chainId).slice(0, 16),
        acceptGossip: seams.accept(host.accept),
        onError: init.onFailure,
        events: {
          frame: host.onFrame,
          peerUp(peer) {
            host.peerUp(peer)
            events.peerUp(peer)
          },
          peerDown(peer, reason) {
            host.peerDown(peer)
            events.peerDown(peer, reason)
          },
        },
      })
      spoken = seams.transport(transport)
      return transport
    },
    async stop() {
      host.stop()
      const patience = new Promise<void>((resolve) => setTimeout(resolve, transportStopMs))
      await Promise.all([Promise.race([transport?.stop(), patience]), pool.stop()])
      await journal.close()
      await store.close()
    },
  }
}
