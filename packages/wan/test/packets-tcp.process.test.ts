import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { monotonicMs } from '../src/timing/alarm.ts'
import { type NamespaceHarness, namespaceHarness } from './namespace-harness.ts'
import { type NamespaceNode, namespacesProblem } from './namespaces.ts'
import { type TcpEnd, tcpDialer, tcpServer } from './tcp-ends.ts'

describe.skipIf(namespacesProblem(['socat']) !== null)('real TCP through packets', () => {
  let wan: NamespaceHarness
  let a: NamespaceNode
  let b: NamespaceNode
  let server: TcpEnd & { readonly port: number }
  const dialers: TcpEnd[] = []

  beforeEach(async () => {
    wan = await namespaceHarness('packets')
    ;[a, b] = wan.network.nodes as [NamespaceNode, NamespaceNode]
    server = await tcpServer(b)
  })
  afterEach(async () => {
    for (const end of [server, ...dialers.splice(0)]) await end.stop()
    await wan.close()
  })
  const dial = (): TcpEnd => {
    const dialer = tcpDialer(a, b.address, server.port)
    dialers.push(dialer)
    return dialer
  }
  const cut = async (how: 'blackhole' | 'reset'): Promise<number> => {
    const links = [
      { from: 'a', to: 'b', set: { cut: how } },
      { from: 'b', to: 'a', set: { cut: how } },
    ]
    await wan.client.apply({ owner: 'cut', links })
    return monotonicMs()
  }

  test('a connection outlives a blackhole: what was written meanwhile is delivered after the heal', async () => {
    const dialer = dial()
    const first = await dialer.until('echo')
    expect(first.ms - first.sentMs).toBeGreaterThan(80)
    const cutMs = await cut('blackhole')
    await wan.pass(1000)
    await wan.client.remove('cut')
    const healedMs = monotonicMs()
    await dialer.until('echo', ({ sentMs }) => sentMs > healedMs)
    const echoes = dialer.reports.filter((report) => report.kind === 'echo')
    expect(echoes.map(({ line }) => line)).toEqual(echoes.map((_, i) => i))
    // Nothing arrived while it was cut, but for what had reached the program before and was on its way to the test.
    expect(echoes.filter(({ ms }) => ms > cutMs + 20 && ms < healedMs)).toEqual([])
    expect(dialer.reports.filter(({ kind }) => kind === 'failed')).toEqual([])
    const { stats } = await wan.client.wan()
    expect(stats.dropped.by.cut).toBeGreaterThan(0)
    expect(stats.dropped.by).toMatchObject({ loss: 0, queue: 0, overload: 0 })
  })

  test('reset: who sends is told at once, who connects is refused, and after the heal all works', async () => {
    const dialer = dial()
    await dialer.until('echo')
    const cutMs = await cut('reset')
    const { code, ms } = await dialer.until('failed')
    expect(code).toBe('ECONNRESET')
    // Its next line, after 20 ms, or the acknowledgement of what was under way.
    expect(ms - cutMs).toBeLessThan(200)
    const refused = await dial().until('failed')
    expect(refused.code).toBe('ECONNREFUSED')
    await wan.client.remove('cut')
    await dial().until('echo')
  })

  test('loss: TCP repairs it, in order, and the losses are counted', async () => {
    const links = ['a', 'b'].map((from) => ({ from, to: from === 'a' ? 'b' : 'a', set: { lossRatio: 0.1 } }))
    await wan.client.apply({ owner: 'loss', links })
    const dialer = dial()
    await dialer.until('echo', ({ line }) => line === 100)
    const lines = dialer.reports.flatMap((report) => (report.kind === 'echo' ? [report.line] : []))
    expect(lines).toEqual(lines.map((_, i) => i))
    const { stats } = await wan.client.wan()
    expect(stats.dropped.by.loss).toBeGreaterThan(0)
    expect(stats.links.find(({ from, to }) => from === 'a' && to === 'c')).toMatchObject({
      packets: 0,
      dropped: 0,
    })
  })
})
