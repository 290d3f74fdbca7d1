import { setTimeout as delay } from 'node:timers/promises'

/** The machine's monotonic clock in milliseconds, the same for every process: what `monoMs` of a record means. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** Waits until `monotonicMs()` reaches `atMs`. Resolves early and without an error when the signal aborts. */
export async function sleepUntil(atMs: number, signal: AbortSignal): Promise<void> {
  const remainingMs = atMs - monotonicMs()
  if (remainingMs > 0 && !signal.aborted) await delay(remainingMs, undefined, { signal }).catch(() => {})
}

/** Asks again every `everyMs` until the condition holds (true), the time is over or the signal aborts (false). */
export async function waitUntil(
  condition: () => boolean,
  { everyMs, withinMs, signal }: { everyMs: number; withinMs: number; signal: AbortSignal },
): Promise<boolean> {
  const endMs = monotonicMs() + withinMs
  while (!condition()) {
    if (signal.aborted || monotonicMs() > endMs) return false
    await sleepUntil(monotonicMs() + everyMs, signal)
  }
  return true
}
