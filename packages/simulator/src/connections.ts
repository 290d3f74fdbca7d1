import type { Prng } from '@groundwork/primitives'
import type { VirtualTime } from './virtual-time.ts'

/** How fast the transport notices a dead connection and replaces it. Milliseconds. */
export interface ConnectionTiming {
  /** Silence after which a peer is given up. */
  readonly heartbeatTimeoutMs: number
  /** The longest that a heartbeat's phase adds to that. */
  readonly heartbeatIntervalMs: number
  /** The longest wait before an attempt to connect, once it can succeed. */
  readonly redialMs: number
}

export const defaultConnectionTiming: ConnectionTiming = {
  heartbeatTimeoutMs: 1500,
  heartbeatIntervalMs: 500,
  redialMs: 250,
}

/** TCP, the encryption handshake, the multiplexer, and the agreement on a stream's protocol. */
const handshakeRoundTrips = 4

/**
 * Which pairs of processes are connected. A pair is disturbed while either direction is cut or either process is
 * paused; a disturbance that outlasts the heartbeat costs the connection, at both ends, each in its own time. When
 * nothing disturbs a lost pair any more it is connected again after a redial and a handshake.
 */
export interface Connections {
  up(a: number, b: number): boolean
  arrive(index: number): void
  leave(index: number): void
  setPaused(index: number, paused: boolean): void
  /** The link between two processes is another now. */
  changed(a: number, b: number): void
}

export interface ConnectionsInit {
  readonly size: number
  readonly time: VirtualTime
  readonly random: Prng
  readonly timing: ConnectionTiming
  open(from: number, to: number): boolean
  /** A cut that refuses and resets: noticed at once. */
  refused(a: number, b: number): boolean
  delayMs(from: number, to: number): number
  up(at: number, peer: number): void
  down(at: number, peer: number, reason: string): void
}

interface Pair {
  up: boolean
  /** The end that has yet to notice that the other's process is gone. */
  untold: number | null
  /** Counts changes of what disturbs the pair: what was scheduled in another count is stale. */
  change: number
  disturbed: boolean
}

export function connections(init: ConnectionsInit): Connections {
  const { size, time, random, timing } = init
  const present = new Uint8Array(size)
  const paused = new Uint8Array(size)
  const table: Pair[] = Array.from({ length: size * size }, () => ({
    up: false,
    untold: null,
    change: 0,
    disturbed: false,
  }))
  const pairOf = (a: number, b: number): Pair => table[a < b ? a * size + b : b * size + a] as Pair
  const upTo = (ms: number): number => (random.u32() / 0x1_0000_0000) * ms

  const lose = (pair: Pair, a: number, b: number, reason: string): void => {
    if (!pair.up) return
    pair.up = false
    if (present[a] === 1) init.down(a, b, reason)
    if (present[b] === 1) init.down(b, a, reason)
  }

  const tell = (pair: Pair, a: number, b: number): void => {
    const end = pair.untold
    pair.untold = null
    if (end !== null && present[end] === 1) init.down(end, end === a ? b : a, 'closed')
  }

  const connect = (pair: Pair, a: number, b: number): void => {
    const { change } = pair
    const handshakeMs = handshakeRoundTrips * (init.delayMs(a, b) + init.delayMs(b, a))
    time.schedule(upTo(timing.redialMs) + handshakeMs, () => {
      if (pair.up || pair.change !== change) return
      tell(pair, a, b)
      // What an end does about the news may end it.
      if (pair.change !== change) return
      pair.up = true
      init.up(a, b)
      // The first end's reaction may already have changed the world.
      if (pair.up) init.up(b, a)
    })
  }

  const update = (a: number, b: number): void => {
    const pair = pairOf(a, b)
    const here = present[a] === 1 && present[b] === 1
    const disturbed = !here || paused[a] === 1 || paused[b] === 1 || !init.open(a, b) || !init.open(b, a)
    if (disturbed && pair.up && init.refused(a, b)) lose(pair, a, b, 'reset')
    if (disturbed === pair.disturbed && pair.change > 0) {
      // Attempts run side by side: one over the link as it is now may overtake those under way.
      if (!disturbed && !pair.up) connect(pair, a, b)
      return
    }
    pair.disturbed = disturbed
    pair.change++
    const { change } = pair
    if (!disturbed) {
      if (!pair.up) connect(pair, a, b)
    } else if (pair.up) {
      time.schedule(timing.heartbeatTimeoutMs + upTo(timing.heartbeatIntervalMs), () => {
        if (pair.change === change) lose(pair, a, b, 'heartbeat')
      })
    }
  }

  const updateAll = (index: number): void => {
    for (let other = 0; other < size; other++) if (other !== index) update(index, other)
  }

  return {
    up: (a, b) => pairOf(a, b).up,
    arrive(index) {
      present[index] = 1
      updateAll(index)
    },
    leave(index) {
      present[index] = 0
      paused[index] = 0
      for (let other = 0; other < size; other++) {
        if (other === index) continue
        const pair = pairOf(index, other)
        const wasUp = pair.up
        pair.up = false
        update(index, other)
        if (!wasUp || present[other] === 0) continue
        pair.untold = other
        // A dying process's sockets are closed by its kernel; a peer behind a cut learns by its heartbeat.
        const heard = init.open(index, other)
        const afterMs = heard
          ? init.delayMs(index, other)
          : timing.heartbeatTimeoutMs + upTo(timing.heartbeatIntervalMs)
        time.schedule(afterMs, () => tell(pair, index, other))
      }
    },
    setPaused(index, value) {
      paused[index] = value ? 1 : 0
      updateAll(index)
    },
    changed: (a, b) => update(a, b),
  }
}
