import type { Bytes } from '@groundwork/primitives'
import type { Stream } from '@libp2p/interface'
import { Uint8ArrayList } from 'uint8arraylist'
import { decodeBeat, encodeBeat, type FrameKind, frameDecoder, frameKind } from './frame.ts'
import { heartbeat } from './heartbeat.ts'
import { sendQueue } from './send-queue.ts'

/** One direct stream to one peer, used in both directions: frames, heartbeats, back-pressure. */
export interface Link {
  send(kind: FrameKind, payload: Bytes): void
  /** Sends a heartbeat, unless what else was sent shows the peer that this side lives. Call it at the heartbeat interval. */
  beat(): void
  /** When the newest byte came; the link's start before the first. */
  heardMs(): number
  /** Moves that moment on: for the time during which this process did not run. */
  forgive(ms: number): void
  /** The shortest of the last round trips; undefined before the first. */
  rttMs(): number | undefined
  /** No event follows. */
  close(): void
}

export interface LinkInit {
  readonly stream: Stream
  readonly frameBytesMax: number
  readonly sendQueueBytesMax: number
  readonly heartbeatMs: number
  /** Sends heartbeats by its own clock. The other side answers them: one of the two wakes up once instead of twice. */
  readonly leads: boolean
  now(): number
  /** The peer's first byte: the link works in both directions. */
  onUp(): void
  /** A heartbeat was answered. */
  onRoundTrip(ms: number): void
  /** Never a heartbeat. */
  onFrame(kind: FrameKind, payload: Bytes): void
  /** A frame that is garbled; with `end` the stream is of no more use. */
  onGarbage(reason: string, end: boolean): void
  /** The peer or the connection ended the stream. `partial`: in the middle of a frame. */
  onEnd(partial: boolean): void
  onSent(bytes: number): void
  onReceived(bytes: number): void
  /** So many frames were dropped from the send queue. */
  onDropped(frames: number): void
}

/** What is handed to libp2p at a time; more than one frame where frames are small. */
const batchBytes = 64 * 1024
const rttSamples = 16
/** In heartbeat intervals: from one's own last heartbeat until one answers again, or sends without being asked. */
const answerAfter = 0.5
const unaskedAfter = 1.5
/** A link that carries frames is silent for no longer than this, and measures round trips no less often than that. */
const quietAfter = 0.8
const measuredAfter = 3.5
const kindNames = (Object.keys(frameKind) as FrameKind[]).sort((a, b) => frameKind[a] - frameKind[b])

export function link(init: LinkInit): Link {
  const { stream } = init
  const queue = sendQueue(init.sendQueueBytesMax)
  const startedMs = init.now()
  let heardMs = startedMs
  let up = false
  let closed = false
  let writable = true
  let flushing = false
  let beatDue = false
  let beatHeard = false
  let beatMs = startedMs
  let sentMs = startedMs
  const beats = heartbeat(init.now)
  const samples: number[] = []

  const flush = (): void => {
    flushing = false
    while (writable && !closed) {
      if (beatDue) {
        beatDue = false
        beatMs = init.now()
        queue.push('beat', encodeBeat(beats.next()))
      }
      const parts = queue.take(batchBytes)
      if (parts === undefined) return
      const batch = new Uint8ArrayList(...parts)
      sentMs = init.now()
      init.onSent(batch.byteLength)
      try {
        writable = stream.send(batch)
      } catch {
        // the stream closed under us; its event follows
        return
      }
    }
  }

  // frames of one turn of the event loop leave together: one encryption and one write for a vote and its certificate
  const flushSoon = (): void => {
    if (flushing || closed) return
    flushing = true
    queueMicrotask(flush)
  }

  const intervalsSince = (ms: number): number => (init.now() - ms) / init.heartbeatMs

  const onBeat = (payload: Bytes): void => {
    const beat = decodeBeat(payload)
    if (beat === undefined) return init.onGarbage('malformed-beat', false)
    const roundTripMs = beats.heard(beat)
    if (roundTripMs === 'implausible') init.onGarbage('implausible-beat', false)
    else if (roundTripMs !== undefined) {
      samples.push(roundTripMs)
      if (samples.length > rttSamples) samples.shift()
      init.onRoundTrip(roundTripMs)
    }
    if (closed) return
    const answers = !init.leads && intervalsSince(beatMs) > answerAfter
    if (!beatHeard || answers) {
      beatHeard = true
      beatDue = true
      flushSoon()
    }
  }

  const decoder = frameDecoder(init.frameBytesMax, (kind, payload) => {
    if (closed) return
    const name = kindNames[kind]
    if (name === undefined) init.onGarbage('unknown-frame', false)
    else if (name === 'beat') onBeat(payload)
    else init.onFrame(name, payload)
  })

  const onMessage = (event: { readonly data: Uint8Array | Uint8ArrayList }): void => {
    heardMs = init.now()
    init.onReceived(event.data.byteLength)
    if (!up) {
      up = true
      init.onUp()
    }
    for (const chunk of event.data instanceof Uint8Array ? [event.data] : event.data) {
      if (closed) return
      const fault = decoder.push(chunk)
      if (fault !== undefined) return init.onGarbage(fault, true)
    }
  }
  const onDrain = (): void => {
    writable = true
    flush()
  }
  const onEnd = (): void => {
    if (!closed) init.onEnd(decoder.partial())
  }

  stream.addEventListener('message', onMessage)
  stream.addEventListener('drain', onDrain)
  stream.addEventListener('remoteCloseWrite', onEnd)
  stream.addEventListener('close', onEnd)
  beatDue = true
  flushSoon()

  return {
    send(kind, payload) {
      const dropped = queue.push(kind, payload)
      if (dropped > 0) init.onDropped(dropped)
      if (writable) flushSoon()
    },
    beat() {
      const asked = !init.leads && intervalsSince(beatMs) < unaskedAfter
      const busy = intervalsSince(sentMs) < quietAfter && intervalsSince(beatMs) < measuredAfter
      if (closed || asked || busy) return
      beatDue = true
      // a drain event that was missed would silence the link for good
      if (!stream.writableNeedsDrain) writable = true
      if (writable) flushSoon()
    },
    heardMs: () => heardMs,
    forgive(ms) {
      heardMs += ms
    },
    rttMs: () => (samples.length === 0 ? undefined : Math.min(...samples)),
    close() {
      closed = true
      stream.removeEventListener('message', onMessage)
      stream.removeEventListener('drain', onDrain)
      stream.removeEventListener('remoteCloseWrite', onEnd)
      stream.removeEventListener('close', onEnd)
      if (stream.status === 'open') stream.abort(new Error('link closed'))
    },
  }
}
