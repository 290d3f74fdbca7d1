import { travelMs } from '../link-model.ts'
import type { Scheduler } from '../timing/scheduler.ts'
import type { DirectedLink } from './directed-link.ts'
import {
  attemptAfter,
  attemptMs,
  type Backoff,
  retransmissionTimeoutMs,
  segmentBackoff,
  windowBytes,
} from './tcp-model.ts'

/** What travels: bytes, an orderly end, an abort. */
export type Parcel = Uint8Array | 'fin' | 'rst'

/** One direction of a connection: keeps order, and delivers each parcel when its link has carried it. */
export interface Pipe {
  send(parcel: Parcel): void
  /** Nothing sent counts as sent before then. */
  hold(untilMs: number): void
  /** One of the two links has changed. */
  linksChanged(): void
  /** Discards what is under way and all that is still to come. */
  silence(): void
  /** Bytes that the sender has under way, and how many it may have before it has to wait. */
  readonly queuedBytes: number
  readonly windowBytes: number
}

export interface PipeInit {
  readonly scheduler: Scheduler
  readonly data: DirectedLink
  /** The way back, which the acknowledgements take. */
  readonly acks: DirectedLink
  /** Called once, when something was lost for good: from then on nothing arrives. */
  lost(backoff: Backoff): void
  /** All that is due, in order. */
  deliver(parcels: readonly Parcel[]): void
}

interface Travelling {
  readonly parcel: Parcel
  readonly sentMs: number
  /** null while it still waits for its departure. */
  arrivalMs: number | null
}

const segmentBytesMin = 1448

export function pipe({ scheduler, data, acks, lost, deliver }: PipeInit): Pipe {
  let travelling: Travelling[] = []
  let queuedBytes = 0
  let heldUntilMs = 0
  let lastArrivalMs = 0
  let silent = false
  let ended = false
  /** The oldest parcel whose acknowledgement a cut of the way back has swallowed was sent then. */
  let unacknowledgedMs: number | null = null

  const rttMs = (): number => data.link.delayMs + acks.link.delayMs

  const silence = (): void => {
    silent = true
    data.counters.lostBytes += queuedBytes
    travelling = []
    queuedBytes = 0
  }

  const lose = (firstSentMs: number): void => {
    silence()
    lost(segmentBackoff(firstSentMs, rttMs()))
  }

  const arrive = (): void => {
    const dueMs = scheduler.now() + 0.05
    const due: Parcel[] = []
    for (let head = travelling[0]; head?.arrivalMs != null && head.arrivalMs <= dueMs; head = travelling[0]) {
      travelling.shift()
      queuedBytes -= size(head.parcel)
      data.counters.deliveredBytes += size(head.parcel)
      due.push(head.parcel)
    }
    awaitHead()
    if (due.length > 0) deliver(due)
  }

  const awaitHead = (): void => {
    const head = travelling[0]
    if (head?.arrivalMs != null) scheduler.at(head.arrivalMs, arrive)
  }

  const launch = (item: Travelling, readyMs: number): void => {
    if (silent) return
    data.transmit(size(item.parcel), readyMs, (departureMs) => {
      if (silent) return
      lastArrivalMs = Math.max(lastArrivalMs, departureMs + travelMs(data.link, Math.random()))
      item.arrivalMs = lastArrivalMs
      if (item === travelling[0]) awaitHead()
    })
  }

  const accept = (parcel: Parcel, nowMs: number): void => {
    const item: Travelling = { parcel, sentMs: nowMs, arrivalMs: null }
    travelling.push(item)
    queuedBytes += size(parcel)
    if (heldUntilMs > nowMs) scheduler.at(heldUntilMs, () => launch(item, heldUntilMs))
    else launch(item, nowMs)
  }

  return {
    send(parcel) {
      if (ended && parcel !== 'rst') return
      ended ||= typeof parcel === 'string'
      data.counters.sentBytes += size(parcel)
      if (silent) {
        data.counters.lostBytes += size(parcel)
        return
      }
      const nowMs = scheduler.now()
      if (acks.link.cut === 'blackhole') unacknowledgedMs ??= nowMs
      const stalled = unacknowledgedMs !== null && nowMs - unacknowledgedMs > retransmissionTimeoutMs(rttMs())
      if (data.link.cut === 'blackhole' || stalled) {
        data.counters.lostBytes += size(parcel)
        lose(unacknowledgedMs ?? nowMs)
        return
      }
      for (const segment of segments(parcel, data.link.rateMbit)) accept(segment, nowMs)
    },
    hold(untilMs) {
      heldUntilMs = untilMs
    },
    linksChanged() {
      if (silent) return
      const oldest = travelling[0]
      if (data.link.cut === 'blackhole' && oldest !== undefined) {
        lose(unacknowledgedMs ?? oldest.sentMs)
      } else if (acks.link.cut === 'blackhole') {
        if (oldest !== undefined) unacknowledgedMs ??= oldest.sentMs
      } else if (unacknowledgedMs !== null) {
        // The sender goes on when its next retransmission is acknowledged.
        const nowMs = scheduler.now()
        const backoff = segmentBackoff(unacknowledgedMs, rttMs())
        if (attemptMs(backoff, 1) < nowMs) heldUntilMs = attemptMs(backoff, attemptAfter(backoff, nowMs))
        unacknowledgedMs = null
      }
    },
    silence,
    get queuedBytes() {
      return queuedBytes
    },
    get windowBytes() {
      return windowBytes(data.link.rateMbit, rttMs())
    },
  }
}

function size(parcel: Parcel): number {
  return typeof parcel === 'string' ? 0 : parcel.length
}

/** On a link with a rate a large write leaves piece by piece, about a millisecond's worth each. */
function segments(parcel: Parcel, rateMbit: number): readonly Parcel[] {
  const bytes = Math.max(segmentBytesMin, Math.round(rateMbit * 125))
  if (typeof parcel === 'string' || rateMbit === 0 || parcel.length <= bytes) return [parcel]
  const parts: Parcel[] = []
  for (let at = 0; at < parcel.length; at += bytes) parts.push(parcel.subarray(at, at + bytes))
  return parts
}
