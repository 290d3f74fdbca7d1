import {
  type Clock,
  createEffectLoop,
  createLimiter,
  type Journal,
  type PhysicalStore,
  type PhysicalTopic,
  type Transport,
} from '@groundwork/host/pure'
import {
  type ChainRules,
  type ChainStatus,
  encodePhysicalMessage,
  type OfferedItem,
  type Peer,
  type PhysicalCore,
  type PhysicalEffect,
  type PhysicalEvent,
  type PhysicalJournalEntry,
  type PhysicalMessage,
  type PhysicalObservation,
  type Slot,
} from '@groundwork/physical-core'
import type { Bytes, Hash } from '@groundwork/primitives'
import { type Answers, createAnswers } from './answers.ts'
import type { Checker, CheckPool } from './check.ts'
import { createFetcher } from './fetcher.ts'
import { type Acceptance, createInbound } from './inbound.ts'
import { topicOf } from './messages.ts'
import { createServer, type PhysicalServer } from './server.ts'
import { createSlotClock } from './slot-clock.ts'
import { createSyncDriver } from './sync-driver.ts'

export type TipEffect = Extract<PhysicalEffect, { kind: 'tip' }>
/** What only a farmer or a timelord performs. */
export type FarmingEffect = Extract<PhysicalEffect, { kind: 'look-up' | 'prove' | 'evaluate' }>

/** What a host tells its program; none of it may throw. */
export interface PhysicalHostEvents {
  observed(observation: PhysicalObservation): void
  tip(effect: TipEffect): void
  /** Counted and dropped. */
  refused(reason: string): void
  /** Journal, store or checking threads failed: the host has stopped. */
  failed(error: unknown): void
}

export interface PhysicalHostInit {
  readonly rules: ChainRules
  readonly core: PhysicalCore
  readonly journal: Journal<PhysicalJournalEntry>
  readonly store: PhysicalStore
  readonly checker: Checker
  readonly pool: CheckPool
  /** Undefined until it is there. */
  readonly transport: () => PhysicalTransport | undefined
  readonly clock: Clock
  /** Milliseconds since 1970, as this node believes. */
  readonly wallMs: () => number
  /** From 0 to below 1: whom to ask. */
  readonly random: () => number
  readonly events: PhysicalHostEvents
  /** Farming and timelords; a node without only follows. Answers come back through `deliver`. */
  readonly farm?: (effect: FarmingEffect) => void
  /** Which items the mempool takes, and with what priority; without it all, as they come. They came from whomever. */
  readonly judge?: (items: readonly OfferedItem[]) => readonly OfferedItem[]
  /** After each step: what the core wants evaluated may have changed. */
  readonly stepped?: () => void
  /** Frames of other protocols beside the chain, by direct stream. */
  readonly extra?: (from: Peer, frame: Bytes) => void
}

export interface PhysicalTransport extends Transport<PhysicalTopic> {
  connected(): Peer[]
  /** Counts something against a peer. */
  penalize(peer: Peer, reason: string): void
}

/** Drives the core of the physical chain between a transport, a store and a wall clock: follows, serves and synchronises. */
export interface PhysicalHost {
  deliver(event: PhysicalEvent): void
  accept(topic: PhysicalTopic, frame: Bytes): Acceptance
  onFrame(from: Peer, frame: Bytes, lane: 'direct' | PhysicalTopic): void
  peerUp(peer: Peer): void
  peerDown(peer: Peer): void
  /** Starts the core and the clock. */
  start(): void
  /** What a peer would be answered, for those who ask in another way. */
  answer: PhysicalServer
  /** Where the wall clock is. */
  slotNow(): Slot
  /** Some peer has said how its chain is. */
  readonly isInformed: boolean
  /** Whom it fetches a chain from, if anybody claims a heavier one. */
  readonly syncingFrom: Peer | null
  /** Nothing is performed after this. */
  stop(): void
}

/** Of events that peers cause. */
const maxQueued = 4_096
const requestRate = { perSecond: 30, burst: 60 }
const statusEveryMs = 500
/** First byte of frames that are none of the chain's. */
const extraFrom = 16

export function createPhysicalHost(init: PhysicalHostInit): PhysicalHost {
  const { rules, core, store, checker, events, clock } = init
  const limiter = createLimiter(clock, requestRate)
  let statusDue = false
  let isInformed = false

  const send = (to: Peer, message: PhysicalMessage): void =>
    init.transport()?.send(to, encodePhysicalMessage(message))
  const refused = (reason: string, from: Peer | null, isBlamed: boolean): void => {
    events.refused(reason)
    if (isBlamed && from !== null) init.transport()?.penalize(from, reason)
  }
  const statusOf = (): ChainStatus => core.tip()

  const tellStatus = (): void => {
    if (statusDue) return
    statusDue = true
    clock.schedule(statusEveryMs, () => {
      statusDue = false
      if (loop.stopped) return
      init.transport()?.broadcast(encodePhysicalMessage({ kind: 'status', status: statusOf() }))
    })
  }

  const perform = (effect: PhysicalEffect): void | Promise<void> => {
    switch (effect.kind) {
      case 'persist':
        return
      case 'broadcast': {
        const topic = topicOf[effect.message.kind]
        if (topic !== null) init.transport()?.publish(topic, encodePhysicalMessage(effect.message))
        return
      }
      case 'store-block':
        return store.append({ kind: 'block', block: effect.block, hash: effect.hash, height: effect.height })
      case 'store-slot':
        return store.append({ kind: 'slot', proof: effect.proof })
      case 'store-snapshot':
        return store.append({ kind: 'snapshot', height: effect.height, bytes: effect.bytes })
      case 'tip':
        events.tip(effect)
        tellStatus()
        return store.append(bestOf(effect))
      case 'look-up':
      case 'prove':
      case 'evaluate':
        return init.farm?.(effect)
      case 'fetch':
        return fetcher.fetch(effect.want, effect.hint)
      case 'observe':
        if (effect.observation.kind === 'refused') events.refused(effect.observation.reason)
        return events.observed(effect.observation)
    }
  }

  const loop = createEffectLoop<() => PhysicalEvent | null, PhysicalEffect, PhysicalJournalEntry>({
    step(take) {
      const event = take()
      if (event?.kind !== 'items' || init.judge === undefined) return event === null ? [] : core.step(event)
      return core.step({ ...event, items: init.judge(event.items) })
    },
    entriesOf: (effect) => (effect.kind === 'persist' ? effect.entries : null),
    isSaid: ({ kind }) => kind === 'broadcast',
    perform,
    journal: init.journal,
    compacted: () => core.journal(),
    maxQueued,
    failed: events.failed,
    settled() {
      init.stepped?.()
      sync.progress()
    },
  })

  const fetcher = createFetcher({
    send,
    connected: () => init.transport()?.connected() ?? [],
    random: init.random,
    nowMs: clock.now,
  })
  const sync = createSyncDriver({ core, clock, send, requests: fetcher.requests, refused })
  const serve = createServer({ rules, core, store })
  const answers: Answers = createAnswers({
    core,
    checker,
    pool: init.pool,
    requests: fetcher.requests,
    refused,
    onEvent: (event) => loop.push(() => event),
    onRange: (from: Peer, hashes: readonly Hash[]) =>
      loop.push(() => {
        sync.answered(from, hashes)
        return null
      }),
    onFailure: (error) => {
      if (loop.stopped) return
      loop.stop()
      events.failed(error)
    },
  })
  /** Requests of one peer are answered one after the other. */
  const serving = new Map<Peer, Promise<void>>()

  const onMessage = (message: PhysicalMessage, from: Peer): void => {
    switch (message.kind) {
      case 'status':
        if (!limiter.take(from)) return refused('requests-too-many', from, false)
        isInformed = true
        return sync.claimed(from, message.status)
      case 'block-request':
      case 'range-request':
      case 'slots-request': {
        if (!limiter.take(from)) return refused('requests-too-many', from, false)
        const before = serving.get(from) ?? Promise.resolve()
        const done = before.then(async () => {
          const answer = loop.stopped ? null : await serve(message)
          if (answer !== null) send(from, answer)
        })
        // A store that cannot be read fails at its next write; a request alone must not end the node.
        serving.set(
          from,
          done.catch(() => undefined),
        )
        return
      }
      case 'blocks':
        return answers.blocks(from, message.blocks)
      case 'slots':
        return answers.slots(from, message.proofs)
      default:
        return refused('wrong-topic', from, true)
    }
  }

  const inbound = createInbound({
    core,
    checker,
    onEvent(event) {
      if (!loop.offer(() => event)) refused('queue-full', null, false)
    },
    onMessage,
    onRefused: refused,
  })
  const slots = createSlotClock({
    genesis: rules.genesis,
    clock,
    wallMs: init.wallMs,
    onSlot: (slot) => loop.push(() => ({ kind: 'clock', slot })),
  })

  return {
    deliver: (event) => loop.push(() => event),
    accept: (topic, frame) => (loop.stopped ? 'ignore' : inbound.accept(topic, frame)),
    onFrame(from, frame, lane) {
      if (loop.stopped) return
      if (lane === 'direct' && (frame[0] ?? 0) >= extraFrom) return init.extra?.(from, frame)
      inbound.onFrame(from, frame, lane)
    },
    peerUp(peer) {
      if (!loop.stopped) send(peer, { kind: 'status', status: statusOf() })
    },
    peerDown(peer) {
      fetcher.requests.forget(peer)
      serving.delete(peer)
      if (!loop.stopped) sync.down(peer)
    },
    start() {
      loop.push(() => ({ kind: 'start', slot: slots.now() }))
      slots.start()
    },
    answer: serve,
    slotNow: slots.now,
    get isInformed() {
      return isInformed
    },
    get syncingFrom() {
      return sync.from
    },
    stop() {
      slots.stop()
      loop.stop()
    },
  }
}

function bestOf({ tip, adopted, reverted }: TipEffect): Parameters<PhysicalStore['append']>[0] {
  const from = tip.height - adopted.length + 1
  return { kind: 'best', from, hashes: adopted, until: from + reverted.length - 1 }
}
