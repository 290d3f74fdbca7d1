import type { Bytes } from '@groundwork/primitives'

/** The byte after a frame's length. Topics, by their place in the list, carry publications that are too large for gossip. */
export const frameKind = { direct: 0, topic0: 1, topic1: 2, beat: 3, topic2: 4, topic3: 5 } as const
export type FrameKind = keyof typeof frameKind
export type TopicKind = Exclude<FrameKind, 'direct' | 'beat'>
export const topicKinds: readonly TopicKind[] = ['topic0', 'topic1', 'topic2', 'topic3']

/** A frame on the wire: u32 big-endian length of what follows, kind, payload. */
export const headerBytes = 5
const lengthBytes = 4

export function frameHeader(kind: FrameKind, payloadBytes: number): Bytes {
  const header = new Uint8Array(headerBytes)
  new DataView(header.buffer).setUint32(0, payloadBytes + 1)
  header[lengthBytes] = frameKind[kind]
  return header
}

/** One heartbeat: its number, the number of the newest one heard, and for how long that was held. */
export interface Beat {
  readonly sequence: number
  /** 0: none heard yet. */
  readonly echo: number
  readonly heldMicros: number
}

const beatBytes = 12

export function encodeBeat(beat: Beat): Bytes {
  const bytes = new Uint8Array(beatBytes)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, beat.sequence)
  view.setUint32(4, beat.echo)
  view.setUint32(8, Math.min(beat.heldMicros, 0xffff_ffff))
  return bytes
}

export function decodeBeat(bytes: Bytes): Beat | undefined {
  if (bytes.length !== beatBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { sequence: view.getUint32(0), echo: view.getUint32(4), heldMicros: view.getUint32(8) }
}

export type FrameFault = 'empty-frame' | 'oversize-frame'

export interface FrameDecoder {
  /** Takes the next piece of the stream; after a fault, which leaves no way to find the next frame, nothing more is read. */
  push(chunk: Bytes): FrameFault | undefined
  /** A frame has begun and is not complete. */
  partial(): boolean
}

/** The buffer of a frame grows with what has come, not with what its header promises. */
const growBytes = 64 * 1024

/** Cuts a stream into frames; payloads are copies that own their memory. `frameBytesMax` bounds the payload. */
export function frameDecoder(
  frameBytesMax: number,
  onFrame: (kind: number, payload: Bytes) => void,
): FrameDecoder {
  const header = new Uint8Array(headerBytes)
  let headerFilled = 0
  let expected = 0
  let body: Bytes = new Uint8Array(0)
  let bodyFilled = 0
  let fault: FrameFault | undefined

  const take = (chunk: Bytes, from: number): number => {
    if (headerFilled < headerBytes) {
      const count = Math.min(headerBytes - headerFilled, chunk.length - from)
      header.set(chunk.subarray(from, from + count), headerFilled)
      headerFilled += count
      if (headerFilled >= lengthBytes) {
        expected = new DataView(header.buffer).getUint32(0) - 1
        if (expected < 0) fault = 'empty-frame'
        else if (expected > frameBytesMax) fault = 'oversize-frame'
      }
      return count
    }
    const count = Math.min(expected - bodyFilled, chunk.length - from)
    if (bodyFilled + count > body.length) {
      const grown = new Uint8Array(
        Math.min(expected, Math.max(2 * body.length, bodyFilled + count, growBytes)),
      )
      grown.set(body.subarray(0, bodyFilled))
      body = grown
    }
    body.set(chunk.subarray(from, from + count), bodyFilled)
    bodyFilled += count
    return count
  }

  return {
    push(chunk) {
      let offset = 0
      while (fault === undefined) {
        if (headerFilled === headerBytes && bodyFilled === expected) {
          const payload = body.length === expected ? body : body.slice(0, expected)
          headerFilled = 0
          bodyFilled = 0
          body = new Uint8Array(0)
          onFrame(header[lengthBytes] as number, payload)
        }
        if (offset === chunk.length) break
        offset += take(chunk, offset)
      }
      return fault
    },
    partial: () => headerFilled > 0,
  }
}
