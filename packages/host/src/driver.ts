import type {
  Admitter,
  Certificate,
  Effect,
  Event,
  FinalizedBlock,
  JournalEntry,
  Message,
  Observation,
  Peer,
  StakeCore,
  Vote,
} from '@groundwork/stake-core'
import { createBlockServer } from './block-server.ts'
import { createLimiter } from './limiter.ts'
import type { BlockStore, Clock, Done, Journal } from './ports.ts'

/** Messages to other validators. Real transports sit behind `frames`; the simulator passes messages by reference. */
export interface MessagePort {
  broadcast(message: Message): void
  send(to: Peer, message: Message): void
}

/** What a driver tells its program; none of it may throw. */
export interface DriverEvents {
  observed(observation: Observation): void
  finalized(blocks: readonly FinalizedBlock[], certificate: Certificate): void
  /** A message was counted and dropped. */
  rejected(reason: string, from: Peer): void
  /** A valid vote under our own key that this process never cast. */
  foreignVote(vote: Vote): void
  /** The journal or the store failed: the driver has stopped, because nothing may be said that is not durable. */
  failed(error: unknown): void
}

export interface DriverInit {
  readonly core: StakeCore
  readonly admitter: Admitter
  readonly network: MessagePort
  readonly journal: Journal
  readonly store: BlockStore
  readonly clock: Clock
  readonly events: DriverEvents
}

/** Apply one event, perform all its effects in order, then take the next. */
export interface Driver {
  deliver(event: Event): void
  /** A decoded message from a peer: admitted when its turn comes, so that what is known by then costs nothing. */
  receive(message: Message, from: Peer): void
  /** Nothing is performed after this, not even the rest of a step: a crash and an orderly stop look alike. */
  stop(): void
  /** Inputs waiting. */
  readonly queued: number
}

type Input = { readonly event: Event } | { readonly message: Message; readonly from: Peer }

const maxQueued = 20_000
/** Journal entries after which the journal is rewritten with what is still needed. */
const compactAfterEntries = 4_000
/** Answers to one peer's requests: sustained per second, and in one burst. */
const requestRate = { perSecond: 10, burst: 20 }

export function createDriver(init: DriverInit): Driver {
  const { core, admitter, network, journal, store, clock, events } = init
  const serveBlocks = createBlockServer(core, store, network)
  const limiter = createLimiter(clock, requestRate)
  const queue: Input[] = []
  let next = 0
  let busy = false
  let stopped = false
  let entriesSinceCompaction = 0
  /** Of steps that said nothing: durable before the next message leaves. A crash before that undoes those steps whole. */
  let held: JournalEntry[] = []

  const stop = () => {
    stopped = true
    queue.length = 0
    next = 0
  }

  const fail = (error: unknown) => {
    if (stopped) return
    stop()
    events.failed(error)
  }

  const perform = (effect: Effect): Done => {
    switch (effect.kind) {
      case 'persist':
        entriesSinceCompaction += effect.entries.length
        held.push(...effect.entries)
        return
      case 'broadcast':
        return network.broadcast(effect.message)
      case 'send':
        return network.send(effect.to, effect.message)
      case 'timer':
        return clock.schedule(effect.afterMs, () => deliver({ kind: 'timer', timer: effect.timer }))
      case 'finalize': {
        const { blocks, certificate, ledger } = effect
        // Told only when it is stored: nobody may hear of a final block that a crash could take back.
        const done = store.append(blocks, certificate, ledger)
        const tell = () => events.finalized(blocks, certificate)
        return done === undefined ? tell() : done.then(tell)
      }
      case 'observe':
        return events.observed(effect.observation)
    }
  }

  const makeDurable = (): Done => {
    const entries = held
    held = []
    return journal.append(entries)
  }

  const performFrom = (effects: readonly Effect[], from: number): Done => {
    for (let i = from; i < effects.length && !stopped; i++) {
      const effect = effects[i] as Effect
      if (held.length > 0 && (effect.kind === 'broadcast' || effect.kind === 'send')) {
        const durable = makeDurable()
        if (durable !== undefined) return durable.then(() => performFrom(effects, i))
        if (stopped) return
      }
      const done = perform(effect)
      if (done !== undefined) return done.then(() => performFrom(effects, i + 1))
    }
    if (stopped || entriesSinceCompaction < compactAfterEntries) return
    entriesSinceCompaction = 0
    held = []
    return journal.compact(core.snapshot())
  }

  const admit = (message: Message, from: Peer): Event | null => {
    const limited = message.kind === 'status' || message.kind === 'block-request'
    if (limited && !limiter.take(from)) {
      events.rejected('requests-too-many', from)
      return null
    }
    const admission = admitter.admit(message, from)
    switch (admission.kind) {
      case 'event':
        return admission.event
      case 'request':
        serveBlocks(admission.hash, admission.ancestors, from)
        return null
      case 'known':
        return null
      case 'rejected':
        events.rejected(admission.reason, from)
        return null
    }
  }

  const take = (input: Input): Done => {
    const event = 'event' in input ? input.event : admit(input.message, input.from)
    if (event === null) return
    if (event.kind === 'vote' && core.isForeign(event.vote)) events.foreignVote(event.vote)
    if (stopped) return
    return performFrom(core.step(event), 0)
  }

  const pump = (): void => {
    if (busy) return
    busy = true
    try {
      while (next < queue.length) {
        const input = queue[next++] as Input
        if (next === queue.length) {
          queue.length = 0
          next = 0
        }
        const done = take(input)
        if (done !== undefined) {
          done.then(resume, fail)
          return
        }
      }
    } catch (error) {
      fail(error)
    }
    busy = false
  }

  const resume = () => {
    busy = false
    pump()
  }

  const deliver = (event: Event) => {
    if (stopped) return
    queue.push({ event })
    pump()
  }

  return {
    deliver,
    receive(message, from) {
      if (stopped) return
      if (queue.length - next >= maxQueued) return events.rejected('queue-full', from)
      queue.push({ message, from })
      pump()
    },
    stop,
    get queued() {
      return queue.length - next
    },
  }
}
