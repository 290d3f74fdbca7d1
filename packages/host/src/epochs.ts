import { equal, forgetOldest, type Hash, type Hex, toHex } from '@groundwork/primitives'
import {
  type Admitter,
  type EpochStart,
  type Event,
  encodeMessage,
  type JournalEntry,
  journalEpochOf,
  type Message,
  type Peer,
  type StakeCore,
} from '@groundwork/stake-core'
import type { BlockStore } from './ports.ts'

/** A validator of one epoch. */
export interface EpochNode {
  readonly core: StakeCore
  readonly admitter: Admitter
}

/** Makes the validator of an epoch; `journal` holds what the sign journal knows of it, and of later ones. */
export type CreateEpochNode = (start: EpochStart, journal: readonly JournalEntry[]) => EpochNode

export interface EpochsInit extends EpochNode {
  /** Missing: the chain has one epoch. */
  readonly nextEpoch: CreateEpochNode | undefined
  /** What the journal held when the first core was made. */
  readonly journal: readonly JournalEntry[]
  readonly store: Pick<BlockStore, 'endOf'>
  send(to: Peer, message: Message): void
}

/** Something to be done by the core, or a message still to be admitted. */
export type Input = { readonly event: Event } | { readonly message: Message; readonly from: Peer }

/** R11: the cores of a chain's epochs, one after the other. One runs; what others are about is kept, answered, or dropped. */
export interface Epochs extends EpochNode {
  /** Notes what a later core has to be told again. */
  note(event: Event): void
  /** Whether a message is for the running core. */
  takes(message: Message, from: Peer): boolean
  /** The running core is done. Returns what the next one is to be given first. */
  enter(start: EpochStart): readonly Input[]
  /** What has to stay in the journal: all of the running epoch, and of a later one that it may come to yet. */
  compacted(): readonly JournalEntry[]
}

/** Messages of epochs that may come, in all and from one peer; the oldest go first. */
const maxKept = 512
const maxKeptPerPeer = 64
/** The same as they are sent; one larger than a peer's share is not kept at all. */
const maxKeptBytes = 8 * 1024 * 1024
const maxKeptBytesPerPeer = 1024 * 1024
/** Epochs whose late messages are dropped without being kept. */
const maxPast = 64

interface Kept {
  readonly epoch: Hex
  readonly message: Message
  readonly from: Peer
  readonly bytes: number
}

/** The oldest, without which the rest is within its bounds. */
function surplus(all: readonly Kept[], count: number, bytes: number): readonly Kept[] {
  let left = all.reduce((sum, one) => sum + one.bytes, 0)
  let from = 0
  while (all.length - from > count || left > bytes) left -= (all[from++] as Kept).bytes
  return all.slice(0, from)
}

export function createEpochs(init: EpochsInit): Epochs {
  const { nextEpoch, store } = init
  let current: EpochNode = { core: init.core, admitter: init.admitter }
  let signing = false
  const peers = new Set<Peer>()
  const past = new Set<Hex>()
  let kept: readonly Kept[] = []

  const keep = (epoch: Hex, message: Message, from: Peer): void => {
    const bytes = encodeMessage(message).length
    if (bytes > maxKeptBytesPerPeer) return
    const own = kept.filter((one) => one.from === from)
    const gone = new Set(surplus(own, maxKeptPerPeer - 1, maxKeptBytesPerPeer - bytes))
    const rest = kept.filter((one) => !gone.has(one))
    kept = [
      ...rest.slice(surplus(rest, maxKept - 1, maxKeptBytes - bytes).length),
      { epoch, message, from, bytes },
    ]
  }

  /** R7: whoever asks from an ended epoch is shown that it ended; the blocks it then asks for itself. */
  const answer = (epochId: Hash, to: Peer): void => {
    const found = store.endOf(epochId)
    const send = (certificate: Awaited<typeof found>) => {
      if (certificate !== undefined) init.send(to, { kind: 'certificate', certificate })
    }
    if (found instanceof Promise) found.then(send, () => undefined)
    else send(found)
  }

  const later = (): readonly JournalEntry[] => {
    const { epoch, state } = current.core
    const { entered } = state
    if (entered === null || equal(entered.epochId, epoch.id)) return []
    return init.journal.filter((entry) => equal(journalEpochOf(entry), entered.epochId))
  }

  return {
    get core() {
      return current.core
    },
    get admitter() {
      return current.admitter
    },
    note(event) {
      if (event.kind === 'start') signing = event.signing
      if (event.kind === 'peer-up') peers.add(event.peer)
      if (event.kind === 'peer-down') peers.delete(event.peer)
    },
    takes(message, from) {
      const epochId = nextEpoch === undefined ? null : messageEpochOf(message)
      if (epochId === null || equal(epochId, current.core.epoch.id)) return true
      if (message.kind === 'status') answer(epochId, from)
      else if (!past.has(toHex(epochId))) keep(toHex(epochId), message, from)
      return false
    },
    enter(start) {
      if (nextEpoch === undefined) return []
      const { core } = current
      past.add(toHex(core.epoch.id))
      forgetOldest(past, maxPast)
      const entered = core.state.entered
      const known: JournalEntry[] = entered === null ? [] : [{ kind: 'entered', ...entered }]
      current = nextEpoch(start, [...known, ...init.journal])
      const transactions = [...core.state.mempool.senders.values()].flatMap((queue) => [...queue.values()])
      const epoch = toHex(start.epoch.id)
      const waiting = kept.filter((one) => one.epoch === epoch)
      kept = kept.filter((one) => one.epoch !== epoch)
      return [
        ...[...peers].map((peer): Input => ({ event: { kind: 'peer-up', peer } })),
        { event: { kind: 'start', signing } },
        { event: { kind: 'transactions', transactions } },
        ...waiting.map(({ message, from }): Input => ({ message, from })),
      ]
    },
    compacted: () => [...later(), ...current.core.snapshot()],
  }
}

/** Null for what belongs to no epoch. */
function messageEpochOf(message: Message): Hash | null {
  switch (message.kind) {
    case 'vote':
      return message.vote.epochId
    case 'certificate':
      return message.certificate.epochId
    case 'proposal':
      return message.proposal.block.header.epochId
    case 'status':
      return message.status.epochId
    default:
      return null
  }
}
