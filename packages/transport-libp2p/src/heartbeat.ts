import { forgetOldest } from '@groundwork/primitives'
import type { Beat } from './frame.ts'

/**
 * The heartbeats of one link. Each names the newest one heard and for how long it was held, as RTCP does (RFC 3550,
 * section 6.4.1): every answer measures a round trip without a message of its own and without a common clock.
 */
export interface Heartbeat {
  /** The next one to send, now. */
  next(): Beat
  /** Takes one that came just now. A round trip in ms, nothing, or a claim that no honest peer makes. */
  heard(beat: Beat): number | undefined | 'implausible'
}

/** Those older than the newest so many are forgotten: over a minute's worth. */
const sentMax = 256
/** Clocks may differ by so much over the time of an answer. */
const clockToleranceMs = 5

export function heartbeat(now: () => number): Heartbeat {
  const sent = new Map<number, number>()
  let sequence = 0
  let newest: { readonly sequence: number; readonly heardMs: number } | undefined
  return {
    next() {
      const nowMs = now()
      sequence++
      sent.set(sequence, nowMs)
      forgetOldest(sent, sentMax)
      const heldMicros = newest === undefined ? 0 : Math.round((nowMs - newest.heardMs) * 1_000)
      return { sequence, echo: newest?.sequence ?? 0, heldMicros }
    },
    heard(beat) {
      const nowMs = now()
      newest = { sequence: beat.sequence, heardMs: nowMs }
      if (beat.echo > sequence) return 'implausible'
      const sentMs = sent.get(beat.echo)
      // none heard yet, or a second answer to the same one, which says nothing new
      if (sentMs === undefined) return undefined
      sent.delete(beat.echo)
      const roundTripMs = nowMs - sentMs - beat.heldMicros / 1_000
      return roundTripMs < -clockToleranceMs ? 'implausible' : Math.max(0, roundTripMs)
    },
  }
}
