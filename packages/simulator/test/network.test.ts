import { prng, zeroHash } from '@groundwork/primitives'
import type { Message } from '@groundwork/stake-core'
import { type Link, linkTable } from '@groundwork/wan'
import { describe, expect, test } from 'vitest'
import { simulatedNetwork } from '../src/network.ts'
import { virtualTime } from '../src/virtual-time.ts'

const message = (ancestors: number): Message => ({ kind: 'block-request', hash: zeroHash, ancestors })
const names = ['a', 'b', 'c']

/** Three processes, 50 ms apart, and what each of them is told. */
function bench(set: Partial<Link> = {}, ordered = true) {
  const time = virtualTime()
  const delays = Object.fromEntries(
    names.map((from) => [from, Object.fromEntries(names.map((to) => [to, 50]))]),
  )
  const table = linkTable({ nodes: names.map((name) => ({ name, region: name })), regions: delays })
  const links = names.flatMap((from) => names.flatMap((to) => (from === to ? [] : [{ from, to, set }])))
  table.apply({ owner: 'base', links })
  const timing = { heartbeatTimeoutMs: 1_000, heartbeatIntervalMs: 0, redialMs: 0 }
  const network = simulatedNetwork({ table, time, random: prng(1), timing, ordered })
  const told: string[] = []
  const attach = (name: string): void =>
    network.attach(names.indexOf(name), {
      receive: (from, received) => {
        const what = received.kind === 'block-request' ? received.ancestors : received.kind
        told.push(`${time.now()} ${name}: ${what} from ${from}`)
      },
      peerUp: (peer) => void told.push(`${time.now()} ${name}: up ${peer}`),
      peerDown: (peer, reason) => void told.push(`${time.now()} ${name}: down ${peer} ${reason}`),
    })
  for (const name of names) attach(name)
  const take = (): string[] => told.splice(0)
  return {
    time,
    table,
    network,
    attach,
    take,
    telling: (name: string) => take().filter((line) => line.includes(` ${name}: `)),
  }
}

const cut = (from: string, to: string, how: Link['cut'] = 'blackhole') => [{ from, to, set: { cut: how } }]

test('everybody is connected after a handshake, and hears what is said', () => {
  const { time, network, take } = bench()
  time.run(1_000)
  expect(take().sort()).toEqual(
    ['a: up b', 'a: up c', 'b: up a', 'b: up c', 'c: up a', 'c: up b'].map((text) => `400 ${text}`).sort(),
  )
  network.broadcast(0, message(7))
  time.run(2_000)
  expect(take()).toEqual(['1050 b: 7 from a', '1050 c: 7 from a'])
})

describe('a cut', () => {
  test('loses what is on its way, what is sent meanwhile, and in one direction only', () => {
    const { time, table, network, take } = bench()
    time.run(1_000)
    take()
    network.send(0, 1, message(1))
    time.run(1_010)
    table.apply({ owner: 'x', links: cut('a', 'b') })
    network.send(0, 1, message(2))
    network.send(1, 0, message(3))
    table.remove('x')
    network.send(0, 1, message(4))
    time.run(1_500)
    expect(take()).toEqual(['1060 a: 3 from b', '1060 b: 4 from a'])
  })

  test('that is shorter than the heartbeat costs no connection; a longer one costs it and is repaired', () => {
    const { time, table, take } = bench()
    time.run(1_000)
    take()
    table.apply({ owner: 'x', links: cut('a', 'b') })
    time.run(1_900)
    table.remove('x')
    time.run(5_000)
    expect(take()).toEqual([])
    table.apply({ owner: 'x', links: cut('a', 'b') })
    time.run(8_000)
    expect(take()).toEqual(['6000 a: down b heartbeat', '6000 b: down a heartbeat'])
    table.remove('x')
    time.run(9_000)
    expect(take()).toEqual(['8400 a: up b', '8400 b: up a'])
  })

  test('that resets is noticed at once', () => {
    const { time, table, take } = bench()
    time.run(1_000)
    take()
    table.apply({ owner: 'x', links: cut('a', 'b', 'reset') })
    expect(take()).toEqual(['1000 a: down b reset', '1000 b: down a reset'])
  })
})

describe('a process', () => {
  test('that dies is missed after one delay; what it said before still arrives, what it is told does not', () => {
    const { time, network, attach, take, telling } = bench()
    time.run(1_000)
    take()
    network.send(0, 1, message(1))
    network.send(1, 0, message(2))
    network.detach(0)
    attach('a')
    time.run(1_300)
    expect(telling('b')).toEqual(['1050 b: 1 from a', '1050 b: down a closed'])
    time.run(2_000)
    expect(take()).toEqual(expect.arrayContaining(['1400 a: up b', '1400 b: up a']))
  })

  test('that comes back before it was missed is missed first', () => {
    const { time, network, attach, take, telling } = bench({ delayMs: 0 })
    time.run(1_000)
    take()
    network.detach(0)
    attach('a')
    time.run(1_001)
    expect(telling('b')).toEqual(['1000 b: down a closed', '1000 b: up a'])
  })

  test('that dies while paused is connected when it comes back', () => {
    const { time, network, attach, take } = bench()
    time.run(1_000)
    network.setPaused(0, true)
    network.detach(0)
    attach('a')
    time.run(5_000)
    expect(network.connected(0, 1)).toBe(true)
    take()
  })
})

test('with jitter a connection keeps the order; without order it does not', () => {
  const arrivals = (ordered: boolean): string[] => {
    const { time, network, telling } = bench({ jitterMs: 50 }, ordered)
    time.run(2_000)
    telling('b')
    for (let i = 0; i < 50; i++) network.send(0, 1, message(i))
    time.run(3_000)
    return telling('b').map((line) => line.replace(/^.*: (\d+) .*$/, '$1'))
  }
  const inOrder = Array.from({ length: 50 }, (_, i) => `${i}`)
  expect(arrivals(true)).toEqual(inOrder)
  expect(arrivals(false)).not.toEqual(inOrder)
  expect(arrivals(false).sort()).toEqual([...inOrder].sort())
})
