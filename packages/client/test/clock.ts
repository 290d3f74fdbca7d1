import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '@groundwork/host/pure'

/** Virtual time: the next timer is due as soon as nothing else is left to do. */
export function virtualClock() {
  const timers: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = []
  let nowMs = 0
  let order = 0
  const clock: Clock = {
    now: () => nowMs,
    schedule(afterMs, run) {
      timers.push({ atMs: nowMs + afterMs, order: order++, run })
    },
  }
  return {
    clock,
    /** Until a condition holds, at most so long in virtual time. */
    async run(forMs: number, until: () => boolean = () => false): Promise<void> {
      const endMs = nowMs + forMs
      while (!until()) {
        await turn()
        timers.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
        const next = timers[0]
        if (next === undefined || next.atMs > endMs) break
        timers.shift()
        nowMs = next.atMs
        next.run()
      }
    },
  }
}
