import { type Bytes, concat, equal } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeBeat, encodeBeat, type FrameKind, frameDecoder, frameHeader, frameKind } from '../src/frame.ts'

const frameBytesMax = 200_000
const kinds = Object.keys(frameKind) as FrameKind[]
const frames = fc.array(
  fc.record({ kind: fc.constantFrom(...kinds), payload: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 20 },
)

const encode = (kind: FrameKind, payload: Bytes): Bytes => concat(frameHeader(kind, payload.length), payload)

/** Pieces of the stream, cut at arbitrary places. */
function pieces(stream: Bytes, cuts: readonly number[]): Bytes[] {
  const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length]
  return at.slice(1).map((end, i) => stream.subarray(at[i], end))
}

describe('frames', () => {
  test('come out as they went in, however the stream is cut', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.nat(), { maxLength: 30 }), (sent, cuts) => {
        const got: { kind: number; payload: Bytes }[] = []
        const decoder = frameDecoder(frameBytesMax, (kind, payload) => got.push({ kind, payload }))
        const stream = concat(...sent.map(({ kind, payload }) => encode(kind, payload)))
        for (const piece of pieces(stream, cuts)) expect(decoder.push(piece)).toBeUndefined()
        expect(got.map(({ kind }) => kind)).toEqual(sent.map(({ kind }) => frameKind[kind]))
        expect(got.every(({ payload }, i) => equal(payload, sent[i]!.payload))).toBe(true)
        expect(decoder.partial()).toBe(false)
      }),
    )
  })

  test('that are larger than any buffer come out whole', () => {
    const payload = new Uint8Array(frameBytesMax).map((_, i) => i % 253)
    const got: Bytes[] = []
    const decoder = frameDecoder(frameBytesMax, (_kind, it) => got.push(it))
    const stream = encode('direct', payload)
    for (let i = 0; i < stream.length; i += 1_000) decoder.push(stream.subarray(i, i + 1_000))
    expect(got.length).toBe(1)
    expect(equal(got[0]!, payload)).toBe(true)
  })

  test('own their memory', () => {
    const stream = encode('direct', new Uint8Array([1, 2, 3]))
    const got: Bytes[] = []
    frameDecoder(frameBytesMax, (_kind, payload) => got.push(payload)).push(stream)
    stream.fill(0)
    expect(got).toEqual([new Uint8Array([1, 2, 3])])
  })

  test.each([
    ['no kind', [0, 0, 0, 0], 'empty-frame'],
    ['a length above the limit', [0, 3, 13, 66], 'oversize-frame'],
    ['the largest length', [255, 255, 255, 255], 'oversize-frame'],
  ])('with %s end the stream', (_what, header, fault) => {
    let frames = 0
    const decoder = frameDecoder(frameBytesMax, () => frames++)
    expect(decoder.push(new Uint8Array(header))).toBe(fault)
    expect(decoder.push(encode('direct', new Uint8Array(3)))).toBe(fault)
    expect(frames).toBe(0)
  })

  test('that are cut off are partial', () => {
    const decoder = frameDecoder(frameBytesMax, () => {})
    const stream = encode('direct', new Uint8Array(3))
    for (const byte of stream.subarray(0, -1)) {
      decoder.push(new Uint8Array([byte]))
      expect(decoder.partial()).toBe(true)
    }
    decoder.push(stream.subarray(-1))
    expect(decoder.partial()).toBe(false)
  })

  test('arbitrary bytes never throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (chunks) => {
        const decoder = frameDecoder(1_000, () => {})
        for (const chunk of chunks) decoder.push(chunk)
      }),
    )
  })
})

describe('beats', () => {
  const u32 = fc.nat(0xffff_ffff)

  test('come out as they went in', () => {
    fc.assert(
      fc.property(u32, u32, u32, (sequence, echo, heldMicros) => {
        const beat = { sequence, echo, heldMicros }
        expect(decodeBeat(encodeBeat(beat))).toEqual(beat)
      }),
    )
  })

  test('of another length are refused', () => {
    expect(decodeBeat(new Uint8Array(11))).toBeUndefined()
    expect(decodeBeat(new Uint8Array(13))).toBeUndefined()
  })
})
