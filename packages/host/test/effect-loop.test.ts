import { expect, it } from 'vitest'
import { createEffectLoop, type EffectLoop } from '../src/effect-loop.ts'
import type { Journal } from '../src/ports.ts'

type Effect = { readonly entries: readonly number[] } | { readonly said: string } | { readonly done: string }

/** A loop that writes down what happens, with a journal that is slow. */
function bench(effectsOf: Record<string, readonly Effect[]>) {
  const log: string[] = []
  const journal: Journal<number> = {
    async append(entries) {
      await null
      log.push(`durable ${entries.join(' ')}`)
    },
    async compact(entries) {
      log.push(`compacted to ${entries.length}`)
    },
    close() {},
  }
  const loop: EffectLoop<string> = createEffectLoop<string, Effect, number>({
    step(input) {
      log.push(`step ${input}`)
      return effectsOf[input] ?? []
    },
    entriesOf: (effect) => ('entries' in effect ? effect.entries : null),
    isSaid: (effect) => 'said' in effect,
    perform(effect) {
      if ('said' in effect) log.push(`said ${effect.said}`)
      if ('done' in effect && effect.done === 'fail') throw new Error('failed')
      if ('done' in effect && effect.done === 'stop') loop.stop()
      else if ('done' in effect) log.push(`done ${effect.done}`)
    },
    journal,
    compacted: () => [],
    maxQueued: 2,
    failed: (error) => log.push(`failed: ${(error as Error).message}`),
    settled: () => log.push('settled'),
  })
  return { loop, log }
}
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await null
}

it('makes entries durable before anything is said, and takes the next input after all effects', async () => {
  const { loop, log } = bench({
    a: [{ entries: [1, 2] }, { done: 'x' }, { said: 'A' }],
    b: [{ said: 'B' }],
  })
  loop.push('a')
  loop.push('b')
  expect(log).toEqual(['step a', 'done x'])
  await turns()
  expect(log.slice(2)).toEqual(['durable 1 2', 'said A', 'settled', 'step b', 'said B', 'settled'])
})

it('keeps entries of steps that said nothing until something is said', async () => {
  const { loop, log } = bench({ a: [{ entries: [1] }], b: [{ entries: [2] }], c: [{ said: 'C' }] })
  for (const input of ['a', 'b', 'c']) loop.push(input)
  await turns()
  expect(log.filter((line) => !line.startsWith('step') && line !== 'settled')).toEqual([
    'durable 1 2',
    'said C',
  ])
})

it('refuses input beyond its bound, but never what the node itself has to say', async () => {
  const { loop } = bench({ a: [{ entries: [1] }, { said: 'A' }] })
  loop.push('a')
  expect([loop.offer('b'), loop.offer('b'), loop.offer('b')]).toEqual([true, true, false])
  loop.push('c')
  expect(loop.queued).toBe(3)
  await turns()
  expect(loop.queued).toBe(0)
})

it('does nothing more after a stop, not even the rest of a step, and ends when something fails', async () => {
  const stopped = bench({ a: [{ done: 'stop' }, { said: 'A' }] })
  stopped.loop.push('a')
  stopped.loop.push('b')
  expect(stopped.log).toEqual(['step a'])
  const failing = bench({ a: [{ done: 'fail' }], b: [] })
  failing.loop.push('a')
  failing.loop.push('b')
  await turns()
  expect(failing.log).toEqual(['step a', 'failed: failed'])
  expect(failing.loop.stopped).toBe(true)
})

it('rewrites the journal when it has grown', async () => {
  const many = Array.from({ length: 4_000 }, (_, i) => i)
  const { loop, log } = bench({ a: [{ entries: many }] })
  loop.push('a')
  await turns()
  expect(log.at(-1)).toBe('compacted to 0')
})
