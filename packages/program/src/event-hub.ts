import type { TraceRecord } from '@groundwork/trace'

/** Hands records to whoever listens over HTTP; a slow listener loses records, never slows the node. */
export interface EventHub {
  publish(record: TraceRecord): void
  /** Null if there are too many listeners already. */
  listen(): EventListener | null
  close(): void
}

export interface EventListener {
  /** The next records with the number that was dropped before them, or null when the hub or the listener was closed. */
  next(): Promise<{ readonly records: readonly TraceRecord[]; readonly dropped: number } | null>
  close(): void
}

const maxListeners = 32
const maxWaiting = 1_000

export function createEventHub(): EventHub {
  const listeners = new Set<{ push(record: TraceRecord): void; close(): void }>()
  return {
    publish(record) {
      for (const listener of listeners) listener.push(record)
    },
    listen() {
      if (listeners.size >= maxListeners) return null
      let waiting: TraceRecord[] = []
      let dropped = 0
      let closed = false
      let wake: () => void = () => {}
      const inner = {
        push(record: TraceRecord) {
          if (waiting.length >= maxWaiting) dropped++
          else waiting.push(record)
          wake()
        },
        close() {
          closed = true
          listeners.delete(inner)
          wake()
        },
      }
      listeners.add(inner)
      return {
        async next() {
          while (waiting.length === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve))
          if (closed) return null
          const batch = { records: waiting, dropped }
          waiting = []
          dropped = 0
          return batch
        },
        close: inner.close,
      }
    },
    close() {
      for (const listener of listeners) listener.close()
    },
  }
}
