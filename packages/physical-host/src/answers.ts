import {
  blockHashOf,
  type CheckedBlock,
  type Peer,
  type PhysicalBlock,
  type PhysicalCore,
  type PhysicalEvent,
  type SlotProof,
} from '@groundwork/physical-core'
import { CodedError, type Hash } from '@groundwork/primitives'
import type { Requests } from './asked.ts'
import type { BlockVerdict, Checker, CheckPool } from './check.ts'

export interface AnswersInit {
  readonly core: Pick<PhysicalCore, 'blockFault' | 'slotFault'>
  readonly checker: Checker
  readonly pool: CheckPool
  readonly requests: Requests
  onEvent(event: PhysicalEvent): void
  /** All blocks of a range were handed over. */
  onRange(from: Peer, hashes: readonly Hash[]): void
  refused(reason: string, from: Peer, isBlamed: boolean): void
  onFailure(error: unknown): void
}

/** Checks what peers answer: cheap and stateful first, then signatures and proofs, many of them beside the event loop. */
export interface Answers {
  blocks(from: Peer, blocks: readonly PhysicalBlock[]): void
  slots(from: Peer, proofs: readonly SlotProof[]): void
}

/** So few are checked at once: a thread would have to be started for them. */
const inlineBlocks = 4
const inlineSlots = 2
/** What this node knows, or cannot take, is not held against who answered. */
const innocent: ReadonlySet<string> = new Set([
  'known',
  'slot-known',
  'slot-far-future',
  'slot-seed-unknown',
  'block-too-deep',
  'block-known-invalid',
  'equivocation-known',
])

export function createAnswers(init: AnswersInit): Answers {
  const { core, checker, pool, requests, refused } = init
  /** Answers become events in the order in which they came. */
  let last: Promise<void> = Promise.resolve()

  const queue = (work: () => Promise<void> | void): void => {
    last = last.then(work).catch((error: unknown) => {
      const isEnding = error instanceof CodedError && error.code === 'CHECK_STOPPED'
      if (!isEnding) init.onFailure(error)
    })
  }

  /** Those that are worth checking, up to the first that is bad. */
  const worthy = <T>(all: readonly T[], faultOf: (one: T) => string | null, from: Peer): T[] => {
    const kept: T[] = []
    for (const one of all) {
      const fault = faultOf(one)
      if (fault === null) kept.push(one)
      else if (fault !== 'known' && fault !== 'slot-known') {
        refused(fault, from, !innocent.has(fault))
        break
      }
    }
    return kept
  }

  /** Up to the first that is bad. */
  const good = (verdicts: readonly BlockVerdict[], from: Peer): Hash[] => {
    const kept: Hash[] = []
    for (const verdict of verdicts) {
      if ('reason' in verdict) {
        refused(verdict.reason, from, true)
        break
      }
      kept.push(verdict.quality)
    }
    return kept
  }

  const takeBlocks = async (from: Peer, blocks: readonly PhysicalBlock[]): Promise<void> => {
    const unknown = worthy(blocks, core.blockFault, from)
    const verdicts = unknown.length <= inlineBlocks ? unknown.map(checker.block) : await pool.blocks(unknown)
    const checked = good(verdicts, from).map(
      (quality, i): CheckedBlock => ({ block: unknown[i] as PhysicalBlock, quality }),
    )
    if (checked.length > 0) init.onEvent({ kind: 'blocks', blocks: checked, from })
  }

  const noQuality = new Uint8Array(0)
  const checkSlots = (proofs: readonly SlotProof[]): BlockVerdict[] =>
    proofs.map((proof) => (checker.slot(proof) ? { quality: noQuality } : { reason: 'vdf' }))

  return {
    blocks(from, blocks) {
      const asked = requests.answeredBlocks(from, blocks)
      if (asked === null) return refused('answer-unasked', from, true)
      queue(async () => {
        await takeBlocks(from, blocks)
        if (asked === 'range')
          init.onRange(
            from,
            blocks.map(({ foliage }) => blockHashOf(foliage)),
          )
      })
    },
    slots(from, proofs) {
      if (!requests.answeredSlots(from, proofs[0]?.seed ?? null)) return refused('answer-unasked', from, true)
      queue(async () => {
        const unknown = worthy(proofs, core.slotFault, from)
        const verdicts = unknown.length <= inlineSlots ? checkSlots(unknown) : await pool.slots(unknown)
        const count = good(verdicts, from).length
        if (count > 0) init.onEvent({ kind: 'slots', proofs: unknown.slice(0, count), live: false, from })
      })
    },
  }
}
