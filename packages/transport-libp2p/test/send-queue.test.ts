import { concat } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameDecoder, headerBytes } from '../src/frame.ts'
import { sendQueue } from '../src/send-queue.ts'

const bytesMax = 1_000

describe('the send queue', () => {
  test('keeps order, never exceeds its bound by more than the newest frame, and accounts for every frame', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('push' as const), length: fc.nat(1_500) }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('take' as const), bytes: fc.integer({ min: 1, max: 900 }) }),
      },
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = sendQueue(bytesMax)
        // the model: lengths of the frames that wait
        let model: number[] = []
        const size = (): number => model.reduce((sum, length) => sum + headerBytes + length, 0)
        for (const it of steps) {
          if (it.kind === 'push') {
            model.push(it.length)
            let dropped = 0
            while (size() > bytesMax && model.length > 1) {
              model.shift()
              dropped++
            }
            expect(queue.push('direct', new Uint8Array(it.length))).toBe(dropped)
          } else {
            const lengths: number[] = []
            const decoder = frameDecoder(10_000, (_kind, payload) => lengths.push(payload.length))
            decoder.push(concat(...(queue.take(it.bytes) ?? [])))
            expect(lengths).toEqual(model.slice(0, lengths.length))
            expect(lengths.length > 0).toBe(model.length > 0)
            model = model.slice(lengths.length)
          }
          expect(queue.frames).toBe(model.length)
          expect(queue.bytes).toBe(size())
        }
      }),
    )
  })

  test('stays fast when it is long', () => {
    const queue = sendQueue(10_000_000)
    for (let i = 0; i < 100_000; i++) queue.push('direct', new Uint8Array([i & 255]))
    let frames = 0
    while (queue.take(1) !== undefined) frames++
    expect(frames).toBe(100_000)
    expect(queue.bytes).toBe(0)
  })
})
