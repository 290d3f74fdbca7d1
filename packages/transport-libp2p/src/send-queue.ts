import type { Bytes } from '@groundwork/primitives'
import { type FrameKind, frameHeader, headerBytes } from './frame.ts'

/** Frames that wait for one peer, bounded in bytes: the newest matter most, so the oldest are dropped. */
export interface SendQueue {
  /** How many older frames were dropped to make room. The newest is always kept, however large. */
  push(kind: FrameKind, payload: Bytes): number
  /** Headers and payloads of the next frames, at least one and up to about `bytes` in all; undefined when empty. */
  take(bytes: number): Bytes[] | undefined
  readonly frames: number
  readonly bytes: number
}

interface Waiting {
  readonly kind: FrameKind
  readonly payload: Bytes
}

export function sendQueue(bytesMax: number): SendQueue {
  let waiting: Waiting[] = []
  let first = 0
  let bytes = 0

  const shift = (): Waiting | undefined => {
    const item = waiting[first]
    if (item === undefined) return undefined
    bytes -= headerBytes + item.payload.length
    first++
    // an array's shift() is linear; move the rest only now and then
    if (first > 1_024 && first * 2 > waiting.length) {
      waiting = waiting.slice(first)
      first = 0
    }
    return item
  }

  return {
    push(kind, payload) {
      waiting.push({ kind, payload })
      bytes += headerBytes + payload.length
      let dropped = 0
      while (bytes > bytesMax && waiting.length - first > 1) {
        shift()
        dropped++
      }
      return dropped
    },
    take(wanted) {
      const parts: Bytes[] = []
      for (let taken = 0; taken < wanted; ) {
        const item = shift()
        if (item === undefined) break
        parts.push(frameHeader(item.kind, item.payload.length), item.payload)
        taken += headerBytes + item.payload.length
      }
      if (first === waiting.length) {
        waiting = []
        first = 0
      }
      return parts.length === 0 ? undefined : parts
    },
    get frames() {
      return waiting.length - first
    },
    get bytes() {
      return bytes
    },
  }
}
