import type { Clock } from '@groundwork/host/pure'
import { type PhysicalGenesis, type Slot, slotAt, slotStartMs } from '@groundwork/physical-core'

export interface SlotClock {
  now(): Slot
  start(): void
  stop(): void
}

export interface SlotClockInit {
  readonly genesis: PhysicalGenesis
  readonly clock: Clock
  readonly wallMs: () => number
  /** A slot began. Slots that passed while the process did not run are left out. */
  readonly onSlot: (slot: Slot) => void
}

/** A wall clock may be set at any time: it is looked at again this often. */
const lookAgainMs = 1_000

export function createSlotClock({ genesis, clock, wallMs, onSlot }: SlotClockInit): SlotClock {
  let told: Slot = 0
  let isRunning = false
  const now = (): Slot => slotAt(genesis, wallMs())

  const wait = (): void => {
    if (!isRunning) return
    const slot = now()
    if (slot > told) {
      told = slot
      onSlot(slot)
    }
    const nextMs = slotStartMs(genesis, slot + 1) - wallMs()
    // A millisecond more: a timer may be early.
    clock.schedule(Math.min(lookAgainMs, Math.max(1, nextMs + 1)), wait)
  }
  return {
    now,
    start() {
      isRunning = true
      told = now()
      wait()
    },
    stop() {
      isRunning = false
    },
  }
}
