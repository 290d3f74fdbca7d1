import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'
import { type SettledInit, settledContent } from '../src/settled.ts'

const root = mkdtempSync(join(tmpdir(), 'groundwork-settled-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let home: string
beforeEach(() => {
  home = join(mkdtempSync(join(root, 'home-')), 'node')
})
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** Answers with one after the other, the last for ever. */
async function controller(...answers: readonly string[]): Promise<{ port: number; asked: () => number }> {
  let asked = 0
  const server = createServer((_, response) => {
    response.end(answers[Math.min(asked, answers.length - 1)])
    asked++
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, asked: () => asked }
}

const fileFor = (port: number, plan: object = { physical: {} }) => ({
  plan,
  layout: { control: { controller: '127.0.0.1' } },
  ports: { controller: port },
})
const settle = (content: unknown, rest: Partial<SettledInit> = {}) =>
  settledContent({ content, shown: 'network.json', home, for: 'physical', withinMs: 1, ...rest })
const said = '{"version":1,"physicalTimeMs":3}'

it('what a file says itself, or has no use for, is asked of nobody', async () => {
  const { port, asked } = await controller(said)
  const complete = { ...fileFor(port), physicalTimeMs: 1 }
  expect(await settle(complete)).toBe(complete)
  const stake = fileFor(port, {})
  expect(await settle(stake)).toBe(stake)
  const apart = fileFor(port)
  expect(await settle(apart, { for: 'hybrid' })).toBe(apart)
  expect(asked()).toBe(0)
})

it('what the controller says is kept: a node that comes back does not need it', async () => {
  const hybrid = { version: 1, genesis: { a: 1 }, physicalGenesis: { b: 2 } }
  const { port, asked } = await controller(JSON.stringify({ version: 1, physicalTimeMs: 3, hybrid }))
  const content = fileFor(port, { physical: {}, hybrid: {} })
  const settled = { ...content, version: 1, physicalTimeMs: 3, hybrid }
  expect(await settle(content, { for: 'hybrid' })).toEqual(settled)
  expect(await settle(content)).toEqual(settled)
  expect(asked()).toBe(1)
  // A torn file is no answer.
  writeFileSync(join(home, 'settled.json'), said.slice(0, 12))
  expect(await settle(content)).toEqual(settled)
  expect(asked()).toBe(2)
})

it('is asked for again while the controller does not know what to say', async () => {
  const { port, asked } = await controller('', '{"error":"X"}', '{"version":2,"physicalTimeMs":1}', said)
  expect(await settle(fileFor(port), { withinMs: 60_000 })).toMatchObject({ physicalTimeMs: 3 })
  expect(asked()).toBe(4)
})

it('is given up in one line', async () => {
  const { port } = await controller('no')
  await expect(settle(fileFor(port))).rejects.toMatchObject({
    code: 'NETWORK_START',
    message: `the controller at 127.0.0.1:${port} did not say when the first slot begins`,
  })
  await expect(settle({ plan: { physical: {} } })).rejects.toThrow(/^network\.json: layout: /)
  await expect(settle({ physicalTimeMs: 'soon', plan: {} })).rejects.toThrow(
    /^network\.json: physicalTimeMs: /,
  )
  const there = await controller(said)
  writeFileSync(join(home, '..', 'file'), '')
  await expect(settle(fileFor(there.port), { home: join(home, '..', 'file', 'home') })).rejects.toThrow(
    /cannot write there \(ENOTDIR\)$/,
  )
})
