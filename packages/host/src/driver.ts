import { toHex } from '@groundwork/primitives'
import type {
  Admitter,
  Certificate,
  Effect,
  EndProof,
  EpochStart,
  Event,
  FinalizedBlock,
  JournalEntry,
  Message,
  Observation,
  Peer,
  StakeCore,
  Timer,
  Vote,
} from '@groundwork/stake-core'
import { createBlockServer } from './block-server.ts'
import { createEffectLoop } from './effect-loop.ts'
import { type CreateEpochNode, createEpochs, type EpochNode, type Input } from './epochs.ts'
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
  finalized(blocks: readonly FinalizedBlock[], certificate: Certificate, end?: EndProof): void
  /** R11: the next epoch's core runs from now on. `rebased`: as the physical chain decided; stored blocks above are void. */
  entered?(start: EpochStart, rebased: boolean): void
  /** A message was counted and dropped. */
  rejected(reason: string, from: Peer): void
  /** A valid vote under our own key that this process never cast. */
  foreignVote(vote: Vote): void
  /** The journal or the store failed: the driver has stopped, because nothing may be said that is not durable. */
  failed(error: unknown): void
}

export interface DriverInit extends EpochNode {
  /** R11: what makes the validator of the epoch after. Missing: the chain has one epoch. */
  readonly nextEpoch?: CreateEpochNode
  /** With `nextEpoch`: what the journal held at the start. */
  readonly journaled?: readonly JournalEntry[]
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
  /** Of the running epoch. */
  readonly core: StakeCore
  readonly admitter: Admitter
}

const maxQueued = 20_000
/** Answers to one peer's requests: sustained per second, and in one burst. */
const requestRate = { perSecond: 10, burst: 20 }
const none: readonly Effect[] = []

export function createDriver(init: DriverInit): Driver {
  const { network, journal, store, clock, events } = init
  const epochs = createEpochs({
    core: init.core,
    admitter: init.admitter,
    nextEpoch: init.nextEpoch,
    journal: init.journaled ?? [],
    store,
    send: (to, message) => network.send(to, message),
  })
  const serveBlocks = createBlockServer(
    (hash) => epochs.core.state.blocks.get(toHex(hash))?.proposal,
    store,
    network,
  )
  const limiter = createLimiter(clock, requestRate)

  const admit = (message: Message, from: Peer): Event | null => {
    const limited = message.kind === 'status' || message.kind === 'block-request'
    if (limited && !limiter.take(from)) {
      events.rejected('requests-too-many', from)
      return null
    }
    if (!epochs.takes(message, from)) return null
    const admission = epochs.admitter.admit(message, from)
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

  const step = (input: Input): readonly Effect[] => {
    const event = 'event' in input ? input.event : admit(input.message, input.from)
    if (event === null) return none
    const { core } = epochs
    epochs.note(event)
    if (event.kind === 'vote' && core.isForeign(event.vote)) events.foreignVote(event.vote)
    return loop.stopped ? none : core.step(event)
  }

  /** Timers of an epoch end with it. */
  const schedule = (timer: Timer, afterMs: number): void => {
    const { core } = epochs
    clock.schedule(afterMs, () => {
      if (core === epochs.core) loop.push({ event: { kind: 'timer', timer } })
    })
  }

  /** Durable first: no later start may come back to an epoch that this node has left. */
  const enter = (start: EpochStart, rebased: boolean): Done => {
    const go = () => {
      for (const input of epochs.enter(start)) loop.push(input)
      events.entered?.(start, rebased)
    }
    const done = rebased ? store.rebase(start.head, start.position.ledger) : undefined
    return done === undefined ? go() : done.then(go)
  }

  const perform = (effect: Effect): Done => {
    switch (effect.kind) {
      case 'persist':
        return
      case 'broadcast':
        return network.broadcast(effect.message)
      case 'send':
        return network.send(effect.to, effect.message)
      case 'timer':
        return schedule(effect.timer, effect.afterMs)
      case 'finalize': {
        const { blocks, certificate, ledger, end } = effect
        // Told only when it is stored: nobody may hear of a final block that a crash could take back.
        const done = store.append(blocks, certificate, ledger, end)
        const tell = () => events.finalized(blocks, certificate, end)
        return done === undefined ? tell() : done.then(tell)
      }
      case 'ended':
        return enter(effect.next, effect.rebased)
      case 'observe':
        return events.observed(effect.observation)
    }
  }

  const loop = createEffectLoop<Input, Effect, JournalEntry>({
    step,
    entriesOf: (effect) => (effect.kind === 'persist' ? effect.entries : null),
    isSaid: ({ kind }) => kind === 'broadcast' || kind === 'send',
    perform,
    journal,
    compacted: () => epochs.compacted(),
    maxQueued,
    failed: events.failed,
  })

  return {
    deliver: (event) => loop.push({ event }),
    receive(message, from) {
      if (!loop.offer({ message, from })) events.rejected('queue-full', from)
    },
    stop: loop.stop,
    get queued() {
      return loop.queued
    },
    get core() {
      return epochs.core
    },
    get admitter() {
      return epochs.admitter
    },
  }
}
