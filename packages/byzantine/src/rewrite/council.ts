import type { Bytes } from '@groundwork/primitives'
import { equal } from '@groundwork/primitives'
import {
  admittedFromJournal,
  type Certificate,
  createCore,
  type Effect,
  type EndProof,
  type EpochStart,
  type Event,
  type FinalizedBlock,
  type Message,
  type Parameters,
  type StakeCore,
  type Timer,
  weightOf,
} from '@groundwork/stake-core'

/** A validator whose key somebody else has. */
export interface SeizedKey {
  /** 32 bytes. */
  readonly publicKey: Bytes
  readonly sign: (message: Bytes) => Bytes
}

/** What the keys made final in one epoch. */
export interface ForgedEpoch {
  readonly blocks: readonly FinalizedBlock[]
  /** FINAL, each for a block of them. */
  readonly finals: readonly Certificate[]
  /** FINAL, for the last block or for an empty child of it. */
  readonly certificate: Certificate
  /** The epoch ended with the last block. */
  readonly end: EndProof | null
  readonly next: EpochStart | null
}

/** Views given up in a row before the keys are taken to be stuck, in rounds of leaders. */
const idleRounds = 4

/**
 * Honest cores of the seized keys, among themselves, at once: timers fire as soon as nobody has anything left to say, so
 * that views of leaders without a seized key are skipped. Null if the keys are no quorum of the epoch, or can do nothing.
 */
export function holdCouncil(
  start: EpochStart,
  keys: readonly SeizedKey[],
  parameters: Parameters,
  untilHeight: number,
): ForgedEpoch | null {
  const { validators } = start.epoch.validators
  const seats = keys.flatMap(({ publicKey, sign }) => {
    const self = validators.findIndex((one) => equal(one.publicKey, publicKey))
    return self < 0 ? [] : [{ self, sign }]
  })
  const weight = weightOf(
    start.epoch,
    seats.map(({ self }) => self),
  )
  if (weight < start.epoch.validators.quorum) return null
  const cores = seats.map(({ self, sign }) =>
    createCore({ ...start, self, sign, parameters, rules: unbound(start), journal: [] }),
  )
  const queue: { readonly core: StakeCore; readonly event: Event }[] = []
  let timers: { readonly core: StakeCore; readonly timer: Timer }[] = []
  const blocks: FinalizedBlock[] = []
  const finals: Certificate[] = []
  let certificate: Certificate | null = null
  let end: EndProof | null = null
  let next: EpochStart | null = null

  const perform = (core: StakeCore, effect: Effect): void => {
    if (effect.kind === 'timer') timers.push({ core, timer: effect.timer })
    if (effect.kind === 'broadcast') {
      const event = heard(effect.message)
      if (event !== null) for (const other of cores) if (other !== core) queue.push({ core: other, event })
    }
    // All of them finalize the same.
    if (core !== cores[0]) return
    if (effect.kind === 'finalize') {
      blocks.push(...effect.blocks)
      certificate = effect.certificate
      if (effect.end === undefined) finals.push(effect.certificate)
      end = effect.end ?? null
    }
    if (effect.kind === 'ended') next = effect.next
  }
  const settle = (): void => {
    for (let at = 0; at < queue.length; at++) {
      const { core, event } = queue[at]!
      for (const effect of core.step(event)) perform(core, effect)
    }
    queue.length = 0
  }
  const fire = (kind: Timer['kind']): boolean => {
    const due = timers.filter(({ timer }) => timer.kind === kind)
    timers = timers.filter(({ timer }) => timer.kind !== kind)
    for (const { core, timer } of due) queue.push({ core, event: { kind: 'timer', timer } })
    return due.length > 0
  }

  for (const core of cores) queue.push({ core, event: { kind: 'start', signing: true } })
  for (let idle = 0; idle < idleRounds * validators.length; ) {
    const before = blocks.length
    settle()
    if (blocks.length > before) idle = 0
    if (next !== null || (blocks.at(-1)?.block.header.height ?? 0) >= untilHeight) break
    if (fire('propose')) continue
    idle++
    if (!fire('view')) break
  }
  return certificate === null ? null : { blocks, finals, certificate, end, next }
}

/** No rule holds back who owns the quorum; what others will check of a block stays. */
function unbound({ rules }: EpochStart): EpochStart['rules'] {
  const always = () => true
  return {
    ...rules,
    maySign: always,
    mayNotarize: always,
    mayFinalize: always,
    holds: always,
    physical: () => null,
  }
}

/** Among themselves they check no signatures. */
function heard(message: Message): Event | null {
  const from = 'council'
  switch (message.kind) {
    case 'vote':
      return { kind: 'vote', vote: message.vote, from }
    case 'certificate':
      return { kind: 'certificate', certificate: message.certificate, from }
    case 'proposal':
      return { kind: 'proposal', proposal: admittedFromJournal(message.proposal), from }
    default:
      return null
  }
}
