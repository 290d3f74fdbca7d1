import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { hashToGroup, slotContext, timelordWorker, verify } from '../src/index.ts'

const own = readFileSync(new URL(import.meta.url), 'utf8')
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the example of the README runs as it stands there, and says what it says', async () => {
  const seed = new Uint8Array(32)
  // example
  const timelord = timelordWorker()
  const x = hashToGroup(seed)
  const iterations = 2 ** 14
  const context = slotContext(3, 1)
  const job = timelord.evaluate(x, iterations, context)
  const y = await job.y
  const next = timelord.evaluate(y, iterations, slotContext(3, 2))
  const proof = await job.proof
  const isTrue = verify({ x, y, iterations, context, proof })
  await next.proof
  await timelord.stop()
  // example
  expect(isTrue).toBe(true)
  const example = readme.split('```ts\n')[1]?.split('```')[0] ?? ''
  const lines = (own.split('  // example\n')[1] ?? '').split('\n').map((line) => line.trim())
  expect(lines.length).toBeGreaterThan(10)
  for (const line of lines) expect(example).toContain(line.replace('const isTrue = ', ''))
})
