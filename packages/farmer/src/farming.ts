import {
  lotteryNumber,
  type PhysicalEffect,
  type PhysicalEvent,
  type Ticket,
  workQuality,
} from '@groundwork/physical-core'
import { type Bytes, CodedError, encode, toHex } from '@groundwork/primitives'
import type { Plots } from './plots.ts'

type LookUp = Extract<PhysicalEffect, { kind: 'look-up' }>
type Prove = Extract<PhysicalEffect, { kind: 'prove' }>

export interface FarmingInit {
  readonly plots: () => Plots | undefined
  /** Under proof of work: nonces tried in a slot for each plot; null under proof of space. */
  readonly hashesPerSlot: number | null
  deliver(event: PhysicalEvent): void
  /** How long a look-up took, ms. */
  onLookUp(durationMs: number): void
}

/** Answers what the core asks of plots. Look-ups take tens of microseconds in memory, a millisecond or so from the disk. */
export interface Farming {
  lookUp(effect: LookUp): void
  prove(effect: Prove): void
}

export function createFarming({ plots, hashesPerSlot, deliver, onLookUp }: FarmingInit): Farming {
  const ticketsOf = ({ plotId, challenge, slotChallenge, slot }: LookUp): Ticket[] => {
    if (hashesPerSlot !== null)
      return Array.from({ length: hashesPerSlot }, (_, handle) => ({
        handle,
        quality: workQuality(plotId, slotChallenge, nonceOf(slot, handle)),
      }))
    const own = plots()?.farmed.get(toHex(plotId))
    return (own?.plot.lookUp(challenge) ?? []).map(({ quality, entry }) => ({ quality, handle: entry }))
  }

  /** A plot whose file fails under it is left out; what it was asked stays unanswered. */
  const guarded = (effect: LookUp | Prove, work: () => void): void => {
    try {
      work()
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
      plots()?.drop(effect.plotId, error)
    }
  }

  return {
    lookUp(effect) {
      guarded(effect, () => {
        const beganMs = performance.now()
        const { plotId, slot, seed, slotChallenge, target } = effect
        const tickets = ticketsOf(effect).filter(
          ({ quality }) => lotteryNumber(quality, slotChallenge) < target,
        )
        onLookUp(performance.now() - beganMs)
        if (tickets.length > 0) deliver({ kind: 'looked-up', plotId, slot, seed, tickets })
      })
    },
    prove(effect) {
      guarded(effect, () => {
        const { plotId, slot, seed, quality, handle } = effect
        const proof =
          hashesPerSlot === null
            ? plots()?.farmed.get(toHex(plotId))?.plot.prove(handle)
            : nonceOf(slot, handle)
        if (proof !== undefined) deliver({ kind: 'proved', plotId, slot, seed, quality, proof })
      })
    },
  }
}

/** Counts up from a place of the slot's own, so that no two slots try the same. */
function nonceOf(slot: number, handle: number): Bytes {
  return encode((out) => {
    out.u32(slot % 2 ** 32)
    out.u32(handle)
  })
}
