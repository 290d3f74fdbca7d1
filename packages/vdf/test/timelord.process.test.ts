import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { toHex } from '@groundwork/primitives'
import { afterEach, describe, expect, test } from 'vitest'
import {
  chooseSquarer,
  evaluate,
  maxIterations,
  slotContext,
  type Timelord,
  type TimelordInit,
  timelordWorker,
  verify,
} from '../src/index.ts'
import type { Response } from '../src/timelord/task.ts'
import { element, flipBit } from './support.ts'

const open: Timelord[] = []
const timelordOf = (init?: TimelordInit) => {
  const timelord = timelordWorker(init)
  open.push(timelord)
  return timelord
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((timelord) => timelord.stop()))
})

const x = element('x')
const context = slotContext(0, 1)

test.each(['auto', 'bigint'] as const)('outputs and proofs with path %s', async (path) => {
  const timelord = timelordOf({ path })
  expect(await timelord.path()).toBe(path === 'auto' ? 'openssl' : 'bigint')
  for (const iterations of [1, 2, 513, 7001]) {
    const job = timelord.evaluate(x, iterations, context)
    const [y, proof] = [await job.y, await job.proof]
    expect(verify({ x, y, iterations, context, proof })).toBe(true)
    expect(toHex(y)).toBe(toHex(evaluate({ x, iterations, squarer: chooseSquarer() })!.y))
  }
})

test('the next slot is evaluated while this one is proved', async () => {
  const timelord = timelordOf()
  const order: string[] = []
  const note = (name: string) => () => void order.push(name)
  const long = timelord.evaluate(x, 2 ** 18, context)
  void long.y.then(note('y of the long one'))
  void long.proof.then(note('proof of the long one'))
  const short = timelord.evaluate(await long.y, 100, slotContext(0, 2))
  void short.y.then(note('y of the short one'))
  await Promise.all([long.proof, short.proof.then(note('proof of the short one'))])
  expect(order).toEqual([
    'y of the long one',
    'y of the short one',
    'proof of the long one',
    'proof of the short one',
  ])
})

test('the event loop goes on meanwhile', async () => {
  const timelord = timelordOf()
  let isDone = false
  let turns = 0
  const job = timelord.evaluate(x, 2 ** 17, context)
  void job.proof.then(() => {
    isDone = true
  })
  for (; !isDone; turns++) await setImmediate()
  expect(turns).toBeGreaterThan(100)
})

test('what the caller does with its bytes afterwards changes nothing', async () => {
  const timelord = timelordOf()
  const [mine, its] = [new Uint8Array(x), new Uint8Array(context)]
  const job = timelord.evaluate(mine, 5000, its)
  mine.fill(0)
  its.fill(0)
  const y = await job.y
  const copy = new Uint8Array(y)
  y.fill(0)
  expect(verify({ x, y: copy, iterations: 5000, context, proof: await job.proof })).toBe(true)
})

describe('cancelling', () => {
  const cancelled = expect.objectContaining({ code: 'VDF_CANCELLED' })

  test('in the middle of an evaluation frees the thread', async () => {
    const timelord = timelordOf()
    await timelord.path()
    const abort = new AbortController()
    const endless = timelord.evaluate(x, maxIterations, context, abort.signal)
    const queued = timelord.evaluate(x, maxIterations, context, abort.signal)
    const next = timelord.evaluate(x, 1000, context)
    abort.abort()
    for (const { y, proof } of [endless, queued]) {
      await expect(y).rejects.toEqual(cancelled)
      await expect(proof).rejects.toEqual(cancelled)
    }
    // Twice 2^24 squarings would take half a minute.
    const started = performance.now()
    await next.proof
    expect(performance.now() - started).toBeLessThan(10_000)
  })

  test('while it is proved leaves the output', async () => {
    const timelord = timelordOf()
    const abort = new AbortController()
    const job = timelord.evaluate(x, 2 ** 17, context, abort.signal)
    const y = await job.y
    abort.abort()
    await expect(job.proof).rejects.toEqual(cancelled)
    expect(await job.y).toBe(y)
  })

  test('before the start, and after the end', async () => {
    const timelord = timelordOf({ pendingMax: 1 })
    await expect(timelord.evaluate(x, 9, context, AbortSignal.abort()).y).rejects.toEqual(cancelled)
    await timelord.path()
    const abort = new AbortController()
    const job = await admitted(() => timelord.evaluate(x, 9, context, abort.signal))
    const proof = await job.proof
    abort.abort()
    expect(await job.proof).toBe(proof)
  })
})

/** Jobs count until their thread has let go of them. */
async function admitted<T>(attempt: () => T): Promise<T> {
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if ((error as { code?: string }).code !== 'VDF_BUSY') throw error
      await setImmediate()
    }
  }
}

test('it takes so many jobs and no more', async () => {
  const timelord = timelordOf({ pendingMax: 2 })
  const jobs = [1, 2].map((slot) => timelord.evaluate(x, 5000, slotContext(0, slot)))
  expect(() => timelord.evaluate(x, 5000, context)).toThrow(expect.objectContaining({ code: 'VDF_BUSY' }))
  await Promise.all(jobs.map(({ proof }) => proof))
  expect((await (await admitted(() => timelord.evaluate(x, 5000, context))).proof).length).toBe(256)
})

test('bad input is refused before anything starts', () => {
  const timelord = timelordOf()
  const input = expect.objectContaining({ code: 'VDF_INPUT' })
  expect(() => timelord.evaluate(x.slice(1), 9, context)).toThrow(input)
  expect(() => timelord.evaluate(new Uint8Array(256), 9, context)).toThrow(input)
  for (const iterations of [0, 1.5, -1, Number.NaN, maxIterations + 1]) {
    expect(() => timelord.evaluate(x, iterations, context)).toThrow(input)
  }
  expect(() => timelord.evaluate(x, 9, new Uint8Array(257))).toThrow(input)
})

test('when a thread dies its jobs fail, and the next call has another', async () => {
  const timelord = timelordOf({ threadUrl: new URL('./dying-thread.ts', import.meta.url) })
  for (let i = 0; i < 2; i++) {
    const { y, proof } = timelord.evaluate(x, 9, context)
    const died = expect.objectContaining({
      code: 'VDF_THREAD',
      message: expect.stringContaining('out of luck'),
    })
    await expect(y).rejects.toEqual(died)
    await expect(proof).rejects.toEqual(died)
  }
})

test('a stopped timelord fails its jobs and takes no more', async () => {
  const timelord = timelordOf()
  const job = timelord.evaluate(x, maxIterations, context)
  await Promise.all([timelord.stop(), timelord.stop()])
  const stopped = expect.objectContaining({ code: 'VDF_STOPPED' })
  await expect(job.y).rejects.toEqual(stopped)
  await expect(job.proof).rejects.toEqual(stopped)
  expect(() => timelord.evaluate(x, 9, context)).toThrow(stopped)
  await expect(timelord.path()).rejects.toEqual(stopped)
})

test('a thread hands out no proof that does not verify', async () => {
  const url = new URL('../src/timelord/thread-main.ts', import.meta.url)
  const worker = new Worker(url, { workerData: { path: 'bigint', niceness: 0 } })
  const { y, checkpoints } = evaluate({ x, iterations: 5000, squarer: chooseSquarer() })!
  const task = { kind: 'prove', x, y: flipBit(y, 2047), iterations: 5000, context, checkpoints }
  worker.postMessage({ id: 1, task, cancelled: new Int32Array(1) })
  const [response] = (await once(worker, 'message')) as [Response]
  expect(response).toEqual({ id: 1, answer: { kind: 'fault' } })
  await worker.terminate()
})

test.runIf(process.platform === 'linux')('niceness is that of the threads, not of the process', async () => {
  const timelord = timelordOf({ niceness: 7 })
  await timelord.evaluate(x, 9, context).proof
  const values = nicenessOfThreads('self')
  expect(values.filter((value) => value === 7).length).toBe(2)
  expect(values.filter((value) => value !== 7).length).toBeGreaterThan(2)
})

test.runIf(process.platform === 'linux')(
  'a program that stands further back keeps its threads there',
  async () => {
    const program = fileURLToPath(new URL('./nice-main.ts', import.meta.url))
    // Going ahead again would need a privilege: without it the thread would die.
    const child = spawn('nice', ['-n', '19', process.execPath, program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    await once(child.stdout, 'data')
    const values = nicenessOfThreads(`${child.pid}`)
    child.stdin.end()
    expect((await closed)[0]).toBe(0)
    expect(new Set(values)).toEqual(new Set([19]))
  },
)

function nicenessOfThreads(process: string): readonly number[] {
  return readdirSync(`/proc/${process}/task`).map((id) =>
    Number(readFileSync(`/proc/${process}/task/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[16]),
  )
}

describe('a program ends by itself', () => {
  test.each([
    ['idle', null],
    ['cancel', 'VDF_CANCELLED'],
    ['stop', 'VDF_STOPPED'],
    ['cancel-and-stop', 'VDF_CANCELLED'],
  ])('after: %s', async (way, outcome) => {
    const program = fileURLToPath(new URL('./stopping-main.ts', import.meta.url))
    const child = spawn(process.execPath, [program, way], { stdio: ['ignore', 'pipe', 'pipe'] })
    const closed = once(child, 'close')
    const [output, complaints] = await Promise.all([text(child.stdout), text(child.stderr)])
    const [code] = await closed
    expect({ code, complaints }).toEqual({ code: 0, complaints: '' })
    const result = JSON.parse(output)
    expect(result.outcome).toBe(outcome)
    if (process.platform !== 'linux') return
    expect(result.meanwhile).toBeGreaterThan(result.before)
    if (way.includes('stop')) expect(result.after).toBe(result.before)
  })
})
