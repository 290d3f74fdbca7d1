import { readdirSync, readFileSync } from 'node:fs'
import { connectRouter, type RouterClient } from '@groundwork/wan/router'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { monotonicMs } from '../src/timing/alarm.ts'
import { conformanceNodes as nodes, conformanceRegions as regions } from './conformance-network.ts'
import {
  type NamespaceNetwork,
  type NamespaceNode,
  namespaceNetwork,
  namespacesProblem,
} from './namespaces.ts'
import { type RouterProcess, startRouterProcess } from './router-process.ts'
import { type TcpEnd, tcpDialer, tcpServer } from './tcp-ends.ts'

describe.skipIf(namespacesProblem(['socat']) !== null)('the life of a router', () => {
  let network: NamespaceNetwork
  let router: RouterProcess
  let client: RouterClient
  const ends: TcpEnd[] = []

  beforeEach(async () => {
    network = namespaceNetwork(nodes.map(({ name }) => name))
    network.run(network.router, 'sh', '-c', 'echo 0 > /proc/sys/net/ipv4/ip_forward')
  })
  afterEach(async () => {
    for (const end of ends.splice(0)) await end.stop()
    await router.stop('SIGKILL')
    network.close()
  })
  const start = async (): Promise<void> => {
    router = await startRouterProcess(network, 'packets')
    client = await connectRouter({ address: router.control, nodes, regions })
  }
  /** Everything that a router changes in its namespace. */
  const state = (): string =>
    [
      ['ip', 'rule', 'show'],
      ['ip', '-4', '-br', 'addr', 'show', 'scope', 'global'],
      ['ip', '-4', 'route', 'show', 'table', 'all'],
      ['cat', '/proc/sys/net/ipv4/conf/all/rp_filter'],
      ['cat', '/proc/sys/net/ipv4/ip_forward'],
    ]
      .map(([command = '', ...args]) => network.run(network.router, command, ...args))
      .join('\n')
  const dialler = async (): Promise<TcpEnd> => {
    const [a, b] = network.nodes as [NamespaceNode, NamespaceNode]
    const server = await tcpServer(b)
    const dialer = tcpDialer(a, b.address, server.port)
    ends.push(server, dialer)
    await dialer.until('echo')
    return dialer
  }

  test.each(['SIGTERM', 'SIGINT'] as const)('%s: it removes everything that it added', async (signal) => {
    const before = state()
    await start()
    expect(router.ready).toMatchObject({ interpreter: 'packets', requested: 'packets' })
    expect(state()).not.toBe(before)
    await client.apply({ owner: 'x', links: [{ from: 'a', to: 'b', set: { lossRatio: 0.5 } }] })
    expect(await router.stop(signal)).toBe(0)
    expect(state()).toBe(before)
  })

  test('strict reverse path filters are no obstacle', async () => {
    const set = 'for name in all default; do echo 1 > /proc/sys/net/ipv4/conf/$name/rp_filter; done'
    network.run(network.router, 'sh', '-c', set)
    const before = state()
    await start()
    await dialler()
    await router.stop()
    expect(state()).toBe(before)
  })

  test('killed: nothing passes unemulated, the next one clears up, and connections go on', async () => {
    const before = state()
    await start()
    const dialer = await dialler()
    const clean = state()
    router.child.kill('SIGKILL')
    await untilGone('nem0')
    const killedMs = monotonicMs()
    await expect(client.apply({ owner: 'x', links: [] })).rejects.toThrow(
      expect.objectContaining({ code: 'router-unreachable' }),
    )
    const restartedMs = monotonicMs()
    await start()
    const startedMs = monotonicMs()
    const echo = await dialer.until('echo', ({ sentMs }) => sentMs > startedMs)
    expect(echo.ms - echo.sentMs).toBeGreaterThan(80)
    const echoes = dialer.reports.filter((report) => report.kind === 'echo')
    expect(echoes.map(({ line }) => line)).toEqual(echoes.map((_, i) => i))
    expect(echoes.filter(({ ms }) => ms > killedMs + 20 && ms < restartedMs)).toEqual([])
    expect(state()).toBe(clean)
    expect(await router.stop()).toBe(0)
    // Forwarding was on already when the second one came.
    expect(state()).toBe(before.replace(/0\n$/, '1\n'))
  })

  test('a client of a router that was started anew is told that its changes are forgotten', async () => {
    await start()
    const old = client
    await old.apply({ owner: 'x', links: [{ from: 'a', to: 'b', set: { cut: 'blackhole' } }] })
    expect((await get(old)).cut).toBe('blackhole')
    router.child.kill('SIGKILL')
    await untilGone('nem0')
    await start()
    expect((await get(client)).cut).toBe('open')
    await expect(old.remove('x')).rejects.toThrow(expect.objectContaining({ code: 'router-restarted' }))
  })

  test('without the process that emulates it ends, says so, and leaves nothing', async () => {
    const before = state()
    await start()
    const pid = emulatorPid()
    process.kill(pid, 'SIGKILL')
    expect(await router.exited).toBe(1)
    expect(router.words()).toMatch(/^router: packets cannot go through a program: it ended \(SIGKILL\)\n$/)
    expect(state()).toBe(before)
  })

  const get = async (of: RouterClient) => {
    const { links } = await of.links()
    return links.find(({ from, to }) => from === 'a' && to === 'b')?.link ?? { cut: 'unknown' }
  }
  const untilGone = async (device: string): Promise<void> => {
    while (network.run(network.router, 'ip', '-br', 'link').includes(device)) {
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  /** The one child of the router. */
  const emulatorPid = (): number => {
    const parents = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
    const child = parents.find((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === `${router.child.pid}`
        )
      } catch {
        return false
      }
    })
    return Number(child)
  }
})
