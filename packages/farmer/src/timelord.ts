import { setTimeout as delay } from 'node:timers/promises'
import {
  type ChainRules,
  epochOf,
  type PhysicalEffect,
  type Slot,
  type SlotProof,
} from '@groundwork/physical-core'
import { CodedError, equal, type Hash } from '@groundwork/primitives'
import { threadUrl } from '@groundwork/program/physical'
import { hashToGroup, slotContext, timelordWorker } from '@groundwork/vdf'
import { createPatience } from './patience.ts'

type Evaluate = Extract<PhysicalEffect, { kind: 'evaluate' }>

export interface TimelordInit {
  readonly rules: ChainRules
  /** Which of the network's timelords this is, from 0. */
  readonly rank: number
  readonly nowMs: () => number
  onEvaluated(proof: SlotProof, work: TimelordWork): void
  /** The threads failed: said, and the slot is given up; it is asked for again. */
  onFault(error: CodedError): void
}

export interface TimelordWork {
  readonly slot: Slot
  readonly squarings: number
  /** Until the output was known; proving took the rest. */
  readonly evaluateMs: number
  readonly totalMs: number
}

/**
 * Makes slot proofs in threads of low priority. One proof of a slot is enough for everybody, so timelords of a higher
 * rank give those of a lower one the time to come first, and work from the slot's start once nobody did.
 */
export interface TimelordRole {
  evaluate(effect: Evaluate): void
  /** What the core still wants; anything else is given up. */
  follow(wanted: { readonly slot: Slot; readonly seed: Hash } | null): void
  stop(): Promise<void>
}

/** Behind the node itself; a slot leaves room for it. */
const niceness = 15
/** So often a timelord that leads looks whether a lower rank is back. */
const probeSlots = 16

export function createTimelordRole(init: TimelordInit): TimelordRole {
  const { rules, rank, nowMs, onEvaluated, onFault } = init
  const timelord = timelordWorker({ niceness, ...threadUrl('vdf-thread') })
  const patience = createPatience(rank, rules.parameters.slotMs)
  let running: { slot: Slot; seed: Hash; sinceMs: number; abort: AbortController } | null = null
  let leads = rank === 0

  const run = async ({ slot, seed, previous, squarings }: Evaluate, signal: AbortSignal): Promise<void> => {
    if (rank > 0 && (!leads || slot % probeSlots === 0)) {
      await delay(patience.ms, undefined, { signal }).catch(() => {})
      if (signal.aborted) return
    }
    const beganMs = nowMs()
    const x = previous ?? hashToGroup(seed)
    const job = timelord.evaluate(x, squarings, slotContext(epochOf(rules, slot), slot), signal)
    const y = await job.y
    const evaluateMs = nowMs() - beganMs
    const proof = await job.proof
    if (signal.aborted) return
    leads = true
    running = null
    onEvaluated(
      { slot, seed, previous, y, proof },
      { slot, squarings, evaluateMs, totalMs: nowMs() - beganMs },
    )
  }

  return {
    evaluate(effect) {
      running?.abort.abort()
      const mine = { slot: effect.slot, seed: effect.seed, sinceMs: nowMs(), abort: new AbortController() }
      running = mine
      run(effect, mine.abort.signal).catch((error: unknown) => {
        if (mine.abort.signal.aborted || !(error instanceof CodedError)) return
        if (error.code !== 'VDF_STOPPED' && error.code !== 'VDF_CANCELLED') onFault(error)
      })
    },
    follow(wanted) {
      if (running === null) return
      if (wanted !== null && wanted.slot === running.slot && equal(wanted.seed, running.seed)) return
      // somebody else's proof was first
      patience.heard(nowMs() - running.sinceMs)
      leads = rank === 0
      running.abort.abort()
      running = null
    },
    stop() {
      running?.abort.abort()
      return timelord.stop()
    },
  }
}
