import { toHex } from '@groundwork/primitives'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { forcedItem } from '../src/index.ts'
import { type Cluster, createCluster, getJson, node, until } from './cluster.ts'

/** Two farmers that do what they are told, and one that only follows. */
let cluster: Cluster
const flags = ['--byzantine', 'coercible']

beforeAll(async () => {
  cluster = await createCluster({
    seed: 21,
    nodes: [node('f1', { plots: 1, timelord: true }), node('f2', { plots: 1 }), node('f3', { plots: 0 })],
  })
  await Promise.all([cluster.start('f1', flags), cluster.start('f2', flags), cluster.start('f3')])
  await until('the chain grows', async () => (await height()) > 2)
})
afterAll(() => cluster.end())

const height = async (): Promise<number> => (await cluster.status('f3')).height
async function post(name: string, path: string, body: unknown): Promise<Response> {
  return fetch(`${cluster.api(name)}/v1/${path}`, { method: 'POST', body: JSON.stringify(body) })
}
async function coerce(name: string, behaviours: readonly string[]): Promise<void> {
  expect((await post(name, 'coercion', { behaviours })).status).toBe(200)
}
/** Kinds of the items on the chain from a height on. */
async function items(from: number): Promise<string[]> {
  const blocks = Array.from({ length: (await height()) - from + 1 }, (_, i) =>
    getJson(`${cluster.api('f3')}/v1/blocks/${from + i}`),
  )
  return (await Promise.all(blocks)).flatMap((block) => (block as { items?: string[] }).items ?? [])
}
const forced = (byte: number) => ({ items: [toHex(forcedItem(Uint8Array.of(byte, 1, 2, 3)))] })

it('only who was started for it takes orders', async () => {
  expect((await post('f3', 'coercion', { behaviours: ['double-farm'] })).status).toBe(404)
  expect((await cluster.status('f1')).byzantine).toEqual(['coercible'])
  expect((await post('f1', 'coercion', { behaviours: ['stall'] })).status).toBe(400)
})

it('censors take no forced transactions, say so to nobody, and take them once they are let go', async () => {
  for (const name of ['f1', 'f2']) await coerce(name, ['censor-items'])
  const from = await height()
  for (const name of ['f1', 'f3']) {
    const { results } = (await (await post(name, 'items', forced(1))).json()) as {
      results: { accepted: boolean }[]
    }
    expect(results).toMatchObject([{ accepted: true }])
  }
  await until('six blocks more', async () => (await height()) > from + 6)
  expect(await items(from)).not.toContain('forced-transaction')
  for (const name of ['f1', 'f2']) await coerce(name, [])
  await post('f3', 'items', forced(2))
  await until('it is on the chain', async () => (await items(from)).includes('forced-transaction'))
})

it('who farms twice is found out, and goes on', async () => {
  const from = await height()
  await coerce('f1', ['double-farm'])
  await until('evidence is on the chain', async () => (await items(from)).includes('farmer-equivocation'))
  await coerce('f1', [])
  // Its only plot is banned; the chain, and its own view of it, grow.
  const before = await height()
  await until('it follows', async () => (await cluster.status('f1')).height > before + 3)
})
