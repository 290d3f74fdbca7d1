import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import { afterAll, expect, it } from 'vitest'
import { type OrderBook, openOrders } from '../src/orders.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-orders-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const key = 'ab'.repeat(32)
const open = (name: string) => openOrders({ dataDir: join(dir, name), behaviours: ['censor', 'stall'] })
async function post(orders: OrderBook<string>, body: unknown): Promise<[number, unknown]> {
  const app = new Hono()
  orders.serve(app)
  const answer = await app.request('/v1/coercion', { method: 'POST', body: JSON.stringify(body) })
  return [answer.status, await answer.json()]
}

it('does nothing until it is told, then what the newest orders say', async () => {
  const orders = open('one')
  expect(orders.current).toEqual({ behaviours: [], target: null, accomplices: [] })
  const given = { behaviours: ['censor'], target: key, accomplices: [{ name: 'v2', key }] }
  expect(await post(orders, given)).toEqual([200, given])
  expect(orders.current).toEqual(given)
  await post(orders, { behaviours: [] })
  expect(orders.current).toEqual({ behaviours: [], target: null, accomplices: [] })
})

it('obeys after a restart, as long as its disk is there', async () => {
  await post(open('two'), { behaviours: ['stall'] })
  expect(open('two').current.behaviours).toEqual(['stall'])
  rmSync(join(dir, 'two'), { recursive: true })
  expect(open('two').current.behaviours).toEqual([])
})

it.each([
  ['what it cannot do', { behaviours: ['fly'] }, /^behaviours\.0: .*"censor"\|"stall"/],
  ['no account', { behaviours: ['censor'], target: 'ab' }, /^target: expected a public key of 64/],
  ['more than that', { behaviours: [], until: 5 }, /Unrecognized key: "until"/],
])('refuses orders with %s in one line, and goes on as before', async (_, body, line) => {
  const orders = open('three')
  await post(orders, { behaviours: ['stall'] })
  const [status, answer] = await post(orders, body)
  expect([status, answer]).toEqual([400, { error: 'BODY_INVALID', message: expect.stringMatching(line) }])
  expect(orders.current.behaviours).toEqual(['stall'])
})
