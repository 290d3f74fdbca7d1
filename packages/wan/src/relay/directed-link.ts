import { transmissionMs } from '../link-model.ts'
import type { Link, NodeName } from '../link-table.ts'
import type { Scheduler } from '../timing/scheduler.ts'

/** One direction between two nodes, shared by all connections whose bytes travel it. */
export interface DirectedLink {
  readonly from: NodeName
  readonly to: NodeName
  readonly link: Link
  /** Since when it has not been cut. */
  readonly openSinceMs: number
  readonly counters: LinkCounters
  set(link: Link): void
  /** Queues for the link's rate; calls back with the time at which the last bit has left. */
  transmit(bytes: number, readyMs: number, departed: (departureMs: number) => void): void
}

export interface LinkCounters {
  /** Bytes taken from senders. */
  sentBytes: number
  deliveredBytes: number
  /** Bytes that a cut swallowed. */
  lostBytes: number
}

interface Waiting {
  readonly bytes: number
  readonly readyMs: number
  readonly departed: (departureMs: number) => void
}

export function directedLink(
  from: NodeName,
  to: NodeName,
  initial: Link,
  scheduler: Scheduler,
): DirectedLink {
  let link = initial
  let openSinceMs = scheduler.now()
  let busyUntilMs = 0
  let changedMs = openSinceMs
  let waiting: Waiting[] = []

  const serve = (): void => {
    const nowMs = scheduler.now()
    for (let head = waiting[0]; head !== undefined; head = waiting[0]) {
      const startMs = Math.max(busyUntilMs, head.readyMs)
      const departureMs = Math.max(changedMs, startMs + transmissionMs(link, head.bytes))
      if (departureMs > nowMs) return scheduler.at(departureMs, serve)
      waiting.shift()
      busyUntilMs = departureMs
      head.departed(departureMs)
    }
  }

  return {
    from,
    to,
    get link() {
      return link
    },
    get openSinceMs() {
      return openSinceMs
    },
    counters: { sentBytes: 0, deliveredBytes: 0, lostBytes: 0 },
    set(next) {
      changedMs = scheduler.now()
      if (link.cut !== 'open' && next.cut === 'open') openSinceMs = changedMs
      link = next
      if (link.cut !== 'open') {
        waiting = []
        busyUntilMs = 0
      }
      serve()
    },
    transmit(bytes, readyMs, departed) {
      if (link.rateMbit === 0 && waiting.length === 0) return departed(readyMs)
      waiting.push({ bytes, readyMs, departed })
      if (waiting.length === 1) serve()
    },
  }
}
