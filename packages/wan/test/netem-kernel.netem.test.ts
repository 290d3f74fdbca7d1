import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import type { Link } from '@groundwork/wan'
import { connectRouter, type RouterClient } from '@groundwork/wan/router'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'
import { type NamespaceNetwork, namespaceNetwork } from './namespaces.ts'
import { type RouterProcess, startRouterProcess } from './router-process.ts'

const run = promisify(execFile)

let network: NamespaceNetwork
let router: RouterProcess
let client: RouterClient
beforeAll(async () => {
  network = namespaceNetwork(conformanceNodes.map(({ name }) => name))
  await start()
})
afterAll(async () => {
  await router?.stop()
  network?.close()
})

const start = async (): Promise<void> => {
  router = await startRouterProcess(network, 'netem')
  client = await connectRouter({
    address: router.control,
    nodes: conformanceNodes,
    regions: conformanceRegions,
  })
}
const namespaceOf = (name: string): string =>
  network.nodes.find((node) => node.name === name)?.namespace ?? ''
const addressOf = (name: string): string => network.nodes.find((node) => node.name === name)?.address ?? ''
const shown = (): string => network.run(network.router, 'tc', 'qdisc', 'show')
/** But for those that are only there for what they still hold. */
const leaves = (): string[] =>
  shown()
    .split('\n')
    .filter((line) => line.startsWith('qdisc netem') && !line.includes('parent 2:80'))
const set = (link: Partial<Link>) => client.apply({ owner: 'x', links: [{ from: 'a', to: 'b', set: link }] })
const linkStats = async () => {
  const { stats } = await client.wan()
  return { ...stats, link: stats.links.find(({ from, to }) => from === 'a' && to === 'b') }
}

/** Round-trip times by the kernels of both ends alone, ms. */
const ping = async (from: string, to: string, count: number): Promise<number[]> => {
  const args = [
    'netns',
    'exec',
    namespaceOf(from),
    'ping',
    '-n',
    '-c',
    `${count}`,
    '-i',
    '0.02',
    addressOf(to),
  ]
  const { stdout } = await run('ip', args).catch((error: { stdout: string }) => error)
  return [...stdout.matchAll(/ time=([0-9.]+) ms/g)].map((match) => Number(match[1])).sort((x, y) => x - y)
}

test('round trips: the median within 3 ms or 3 %, none early', async () => {
  for (const delayMs of [5, 50, 150]) {
    await set({ delayMs })
    const requestedMs = client.table.requestedRttMs('a', 'b')
    const times = await ping('a', 'b', 40)
    expect(times.length).toBe(40)
    expect(times[0]).toBeGreaterThan(requestedMs - 0.3)
    expect((times[20] as number) - requestedMs).toBeLessThan(Math.max(3, 0.03 * requestedMs))
  }
  await client.removeAll()
})

test('a leaf that has been through every property is as it was', async () => {
  const before = leaves()
  await set({ delayMs: 10, jitterMs: 5, lossRatio: 0.5, corruptRatio: 0.5, rateMbit: 1 })
  await set({ reorderRatio: 0.5 })
  expect(leaves()).not.toEqual(before)
  await client.removeAll()
  expect(leaves()).toEqual(before)
  await set({ cut: 'blackhole' })
  expect(shown()).toContain('loss 100%')
  await client.removeAll()
  expect(leaves()).toEqual(before)
})

test('what is dropped is counted under its reason', async () => {
  const first = await linkStats()
  await set({ lossRatio: 0.5 })
  await ping('a', 'b', 50)
  await set({ cut: 'blackhole', lossRatio: 0 })
  await ping('a', 'b', 10)
  await client.removeAll()
  const last = await linkStats()
  expect(last.dropped.by.cut).toBe(10 + (first.dropped.by.cut ?? 0))
  const lost = (last.dropped.by.loss ?? 0) - (first.dropped.by.loss ?? 0)
  expect(lost).toBeGreaterThan(10)
  expect(lost).toBeLessThan(40)
  expect((last.link?.dropped ?? 0) - (first.link?.dropped ?? 0)).toBe(10 + lost)
  expect(last.dropped.by.overload ?? 0).toBe(0)
  expect(last.saturatedSeconds).toBe(0)
})

test('what a sender hands over in large pieces meets the link in single packets', async () => {
  const megabytes = 2
  const listen = `require('net').createServer((s) => s.resume().on('end', () => process.exit())).listen(9, () => console.log())`
  const server = spawn('ip', ['netns', 'exec', namespaceOf('b'), process.execPath, '-e', listen])
  await once(server.stdout, 'data')
  const before = await linkStats()
  const send = `require('net').connect(9, '${addressOf('b')}').end(Buffer.alloc(${megabytes} << 20))`
  await Promise.all([
    once(server, 'exit'),
    run('ip', ['netns', 'exec', namespaceOf('a'), process.execPath, '-e', send]),
  ])
  const after = await linkStats()
  const bytes = (after.link?.bytes ?? 0) - (before.link?.bytes ?? 0)
  const packets = (after.link?.packets ?? 0) - (before.link?.packets ?? 0)
  expect(bytes).toBeGreaterThan(megabytes << 20)
  expect(bytes / packets).toBeLessThanOrEqual(1514)
  expect(bytes / packets).toBeGreaterThan(1000)
})

test('a router that is stopped leaves nothing, one that is killed is cleared up after by the next', async () => {
  await set({ duplicateRatio: 0.5, reorderRatio: 0.1 })
  expect(network.run(network.router, 'ip', '-br', 'link')).toContain('gw-')
  await router.stop('SIGKILL')
  expect(shown()).toContain('netem')
  await start()
  expect(network.run(network.router, 'ip', '-br', 'link')).not.toContain('gw-')
  expect(shown()).not.toContain('duplicate')
  await router.stop()
  expect(shown()).not.toMatch(/netem|tbf|htb/)
  await start()
})
