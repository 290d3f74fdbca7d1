import type { PhysicalTopic } from '@groundwork/host/pure'
import type {
  CheckedBlock,
  Peer,
  PhysicalCore,
  PhysicalEvent,
  PhysicalMessage,
} from '@groundwork/physical-core'
import type { Bytes } from '@groundwork/primitives'
import type { Checker } from './check.ts'
import { messageIn, topicOf } from './messages.ts'

/** Of a published frame: delivered and passed on, passed over, or held against who passed it on. */
export type Acceptance = boolean | 'ignore'

export interface InboundInit {
  readonly core: Pick<PhysicalCore, 'blockFault' | 'slotFault' | 'chainOf' | 'tip'>
  readonly checker: Checker
  /** What was published became an event. */
  onEvent(event: PhysicalEvent): void
  /** A well-formed message over a direct stream. */
  onMessage(message: PhysicalMessage, from: Peer): void
  /** Counted and dropped. `isBlamed`: no honest peer sends that. */
  onRefused(reason: string, from: Peer | null, isBlamed: boolean): void
}

/** Frames to events. What is published is checked when it comes, before it is passed on, and once. */
export interface Inbound {
  accept(topic: PhysicalTopic, frame: Bytes): Acceptance
  onFrame(from: Peer, frame: Bytes, lane: 'direct' | PhysicalTopic): void
}

/** Published items have a place in some block: more at a time is not asked for. */
const maxPublishedItems = 64
/** What this node cannot judge, or need not hear: nobody is to blame. */
const undecided: ReadonlySet<string> = new Set([
  'known',
  'block-ahead',
  'slot-known',
  'slot-far-future',
  'slot-seed-unknown',
  'slot-epoch',
  'block-too-deep',
  'block-known-invalid',
  'equivocation-known',
  'plot-inactive',
])
/** A block that is further above the tip than this, without a parent here, comes in a synchronisation: see the status of peers. */
const maxAhead = 16
const silent: ReadonlySet<string> = new Set(['known', 'slot-known', 'block-ahead'])

export function createInbound({ core, checker, onEvent, onMessage, onRefused }: InboundInit): Inbound {
  const accepted = new WeakMap<Bytes, (from: Peer) => PhysicalEvent>()

  const refuse = (reason: string): Acceptance => {
    if (!silent.has(reason)) onRefused(reason, null, false)
    return undecided.has(reason) ? 'ignore' : false
  }

  const judge = (message: PhysicalMessage): string | ((from: Peer) => PhysicalEvent) => {
    switch (message.kind) {
      case 'slot-proof': {
        const { proof } = message
        const fault = core.slotFault(proof) ?? (checker.slot(proof) ? null : 'vdf')
        return fault ?? ((from) => ({ kind: 'slots', proofs: [proof], live: true, from }))
      }
      case 'block': {
        const { block } = message
        const fault = core.blockFault(block)
        if (fault !== null) return fault
        const { height, parentHash } = block.foliage
        if (height > core.tip().height + maxAhead && core.chainOf(parentHash) === null) return 'block-ahead'
        const verdict = checker.block(block)
        if ('reason' in verdict) return verdict.reason
        const checked: CheckedBlock = { block, quality: verdict.quality }
        return (from) => ({ kind: 'blocks', blocks: [checked], from })
      }
      case 'items': {
        const { items } = message
        if (items.length > maxPublishedItems) return 'items-too-many'
        for (const item of items) {
          const fault = checker.item(item)
          if (fault !== null) return `item-${fault}`
        }
        return (from) => ({ kind: 'items', items: items.map((item) => ({ item, priority: 0 })), from })
      }
      default:
        return 'wrong-topic'
    }
  }

  return {
    accept(topic, frame) {
      const message = messageIn(frame)
      if (typeof message === 'string') return refuse(message)
      if (topicOf[message.kind] !== topic) return refuse('wrong-topic')
      const verdict = judge(message)
      if (typeof verdict === 'string') return refuse(verdict)
      accepted.set(frame, verdict)
      return true
    },
    onFrame(from, frame, lane) {
      const made = accepted.get(frame)
      if (made !== undefined) return onEvent(made(from))
      const message = messageIn(frame)
      if (typeof message === 'string') return onRefused(message, from, true)
      if (lane !== 'direct' || topicOf[message.kind] !== null) return onRefused('wrong-topic', from, true)
      onMessage(message, from)
    },
  }
}
