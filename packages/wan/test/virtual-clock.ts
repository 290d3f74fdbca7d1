import type { LinkClock } from '@groundwork/wan'

export interface VirtualClock extends LinkClock {
  /** Lets time pass; what is due happens in order. */
  pass(ms: number): void
}

export function virtualClock(): VirtualClock {
  let nowMs = 0
  let due: { readonly timeMs: number; readonly callback: () => void }[] = []
  return {
    now: () => nowMs,
    at(timeMs, callback) {
      due.push({ timeMs, callback })
      due.sort((a, b) => a.timeMs - b.timeMs)
    },
    pass(ms) {
      const endMs = nowMs + ms
      for (let head = due[0]; head !== undefined && head.timeMs <= endMs; head = due[0]) {
        due = due.slice(1)
        nowMs = head.timeMs
        head.callback()
      }
      nowMs = endMs
    },
  }
}
