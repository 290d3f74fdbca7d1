import fc from 'fast-check'
import { expect, test } from 'vitest'
import { timeQueue } from '../src/timing/time-queue.ts'

test('comes out sorted by time, and in order of arrival within one time, however pushes and pops are mixed', () => {
  const step = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant('pop' as const))
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const queue = timeQueue<number>()
      let model: { timeMs: number; order: number }[] = []
      for (const [order, step] of steps.entries()) {
        if (step === 'pop') {
          model.sort((a, b) => a.timeMs - b.timeMs || a.order - b.order)
          expect(queue.pop()).toBe(model[0]?.order)
          model = model.slice(1)
        } else {
          queue.push(step, order)
          model.push({ timeMs: step, order })
        }
        expect(queue.size).toBe(model.length)
        expect(queue.nextMs).toBe(Math.min(Number.POSITIVE_INFINITY, ...model.map(({ timeMs }) => timeMs)))
      }
    }),
  )
})
