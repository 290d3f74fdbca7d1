import type { LinkChange } from '@groundwork/wan'
import type { LinkControl } from './runtime/runtime.ts'
import { monotonicMs, sleepUntil } from './schedule.ts'

/**
 * A change that is in force already opens and closes again, half a period each, by the clock and not by the end of the
 * last sleep, until the signal aborts. Whether it is open or closed then is the caller's to settle.
 */
export async function flap(
  links: LinkControl,
  change: LinkChange,
  halfMs: number,
  signal: AbortSignal,
): Promise<void> {
  const beganMs = monotonicMs()
  for (let half = 1; ; half++) {
    await sleepUntil(beganMs + half * halfMs, signal)
    if (signal.aborted) return
    if (half % 2 === 1) await links.remove(change.owner)
    else await links.apply(change)
  }
}
