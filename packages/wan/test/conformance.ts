import { type Link, linkProperties, type NodeName } from '@groundwork/wan'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { chanceConformance } from './conformance-chance.ts'
import type { Channel, Message, WanHarness } from './conformance-harness.ts'
import { delaysOf, expectDelays, expectOrder, quantile } from './conformance-measures.ts'

/** `toleranceMs`: how much later than asked the median message may be; none may be early. */
export function wanConformance(name: string, start: () => Promise<WanHarness>, toleranceMs: number): void {
  describe(`${name} network`, () => {
    let wan: WanHarness
    beforeEach(async () => {
      wan = await start()
    })
    afterEach(() => wan.close())

    const opened = async (from: NodeName, to: NodeName): Promise<Channel> => {
      const channel = wan.open(from, to)
      await channel.ready
      return channel
    }
    const set = async (owner: string, pairs: readonly (readonly [string, string])[], to: Partial<Link>) => {
      wan.table.apply({ owner, links: pairs.map(([from, other]) => ({ from, to: other, set: to })) })
      await wan.settle()
      return wan.now()
    }
    const heal = async (owner: string) => {
      const healedMs = wan.now()
      wan.table.remove(owner)
      await wan.settle()
      return healedMs
    }
    /** A message every 10 ms each way, and then time for all to arrive. */
    const traffic = async (channel: Channel, forMs: number, bytes = 100) => {
      for (const endMs = wan.now() + forMs; wan.now() < endMs; await wan.pass(10)) {
        channel.send(bytes)
        channel.reply(bytes)
      }
    }
    const expectDelay = (messages: readonly Message[], delayMs: number) =>
      expectDelays(messages, delayMs, toleranceMs)
    const noticeMs = (): number => toleranceMs + 2 * wan.lagMsMax()
    const both = [
      ['a', 'b'],
      ['b', 'a'],
    ] as const

    test('delay: each direction its own, in order, nothing lost', async () => {
      const channel = await opened('a', 'b')
      await traffic(channel, 400)
      await wan.pass(100)
      expectDelay(channel.sent, 30)
      expectDelay(channel.replies, 50)
      expectOrder(channel.sent)
    })

    test('jitter: spread around the delay, in order', async () => {
      await set('shape', [['a', 'b']], { delayMs: 60, jitterMs: 40 })
      const channel = await opened('a', 'b')
      await traffic(channel, 1500)
      await wan.pass(150)
      const delays = delaysOf(channel.sent)
      expect(Math.min(...delays)).toBeGreaterThan(20 - 0.3)
      expect(quantile(delays, 0.9)).toBeLessThan(100 + toleranceMs)
      // Keeping order makes messages wait for slower ones before them, so the middle lies above 60.
      expect(quantile(delays, 0.5)).toBeGreaterThan(55)
      expect(quantile(delays, 0.95) - quantile(delays, 0.05)).toBeGreaterThan(15)
      expectOrder(channel.sent)
      expectDelay(channel.replies, 50)
    })

    test('rate: messages leave one after the other', async () => {
      await set('shape', [['a', 'b']], { rateMbit: 1 })
      const channel = await opened('a', 'b')
      for (let i = 0; i < 50; i++) channel.send(1250 - wan.headerBytes)
      await wan.pass(700)
      const startMs = channel.sent[0]?.sentMs as number
      for (const [i, { arrivedMs }] of channel.sent.entries()) {
        expect(arrivedMs).toBeGreaterThan(startMs + 10 * (i + 1) + 30 - 0.3)
      }
      const late = channel.sent.map(({ arrivedMs }, i) => (arrivedMs as number) - startMs - 10 * (i + 1) - 30)
      // A byte stream has headers of its own to carry.
      expect(quantile(late, 0.5)).toBeLessThan(toleranceMs + 5)
    })

    test('blackhole: what was sent during it never arrives, and nothing arrives while it lasts', async () => {
      const busy = await opened('a', 'b')
      const idle = await opened('a', 'b')
      const unconcerned = await opened('a', 'c')
      await traffic(busy, 200)
      const cutMs = await set('cut', both, { cut: 'blackhole' })
      await traffic(busy, 500)
      unconcerned.send(100)
      const healedMs = await heal('cut')
      const fresh = await opened('a', 'b')
      // Not all at once: where calls are slow, the last would wait for the first.
      for (let i = 0; i < 10; i++, await wan.pass(10)) for (const channel of [fresh, idle]) channel.send(100)
      await wan.pass(1500)
      for (const messages of [busy.sent, busy.replies]) {
        expect(messages.filter(({ sentMs }) => sentMs > cutMs && sentMs < healedMs).length).toBeGreaterThan(5)
        for (const { sentMs, arrivedMs } of messages) {
          if (sentMs > cutMs && sentMs < healedMs) expect(arrivedMs).toBe(null)
          if (arrivedMs !== null && arrivedMs < healedMs) expect(arrivedMs).toBeLessThan(cutMs + noticeMs())
        }
      }
      expectDelay(fresh.sent, 30)
      expectDelay(idle.sent, 30)
      expect(unconcerned.sent[0]?.arrivedMs).not.toBe(null)
    })

    test('blackhole: a channel opened during it stays silent', async () => {
      await set('cut', both, { cut: 'blackhole' })
      const channel = wan.open('a', 'b')
      for (let i = 0; i < 10; i++) channel.send(100)
      await wan.pass(300)
      expect(channel.refused()).toBe(false)
      await heal('cut')
      await wan.pass(500)
      expect(channel.sent.every(({ arrivedMs }) => arrivedMs === null)).toBe(true)
    })

    test('reset: who sends is told, at once and while it lasts', async ({ skip }) => {
      skip(!wan.table.capabilities.cuts.has('reset'), 'this interpreter cannot reset, and says so')
      const channel = await opened('a', 'b')
      await traffic(channel, 100)
      const cutMs = await set('cut', both, { cut: 'reset' })
      channel.send(100)
      await wan.pass(200)
      expect(channel.refused()).toBe(true)
      const second = wan.open('a', 'b')
      await wan.pass(200)
      second.send(100)
      await wan.pass(50)
      expect(second.refused()).toBe(true)
      for (const { arrivedMs } of channel.sent) expect(arrivedMs ?? 0).toBeLessThan(cutMs + noticeMs())
      await heal('cut')
      const third = await opened('a', 'b')
      await traffic(third, 100)
      await wan.pass(100)
      expectDelay(third.sent, 30)
      expect(third.refused()).toBe(false)
    })

    test('one-way cut: the other direction still delivers', async () => {
      const channel = await opened('a', 'b')
      const cutMs = await set('cut', [['a', 'b']], { cut: 'blackhole' })
      await traffic(channel, 150)
      await wan.pass(100)
      expect(
        channel.sent.filter(({ sentMs }) => sentMs > cutMs).every(({ arrivedMs }) => arrivedMs === null),
      ).toBe(true)
      expectDelay(channel.replies, 50)
      expect(channel.refused()).toBe(false)
    })

    test('flap: every time it heals new channels work, and while it is cut nothing arrives', async () => {
      const windows: [number, number][] = []
      const channels: Channel[] = []
      for (let i = 0; i < 3; i++) {
        const channel = await opened('b', 'a')
        channels.push(channel)
        await traffic(channel, 150)
        const cutMs = await set('flap', both, { cut: 'blackhole' })
        await traffic(channel, 150)
        windows.push([cutMs, await heal('flap')])
      }
      await wan.pass(100)
      const all = channels.flatMap(({ sent, replies }) => [...sent, ...replies])
      for (const [cutMs, healedMs] of windows) {
        for (const { sentMs, arrivedMs } of all) {
          if (sentMs > cutMs && sentMs < healedMs) expect(arrivedMs).toBe(null)
          const during = arrivedMs !== null && arrivedMs > cutMs + noticeMs() && arrivedMs < healedMs
          expect(during).toBe(false)
        }
      }
      for (const channel of channels) expect(channel.sent[0]?.arrivedMs).not.toBe(null)
    })

    test('a change under traffic: what is under way keeps its delay, what follows has the new one, in order', async () => {
      const channel = await opened('a', 'b')
      await traffic(channel, 200)
      const slowedMs = await set('shape', [['a', 'b']], { delayMs: 120 })
      await traffic(channel, 400)
      const appliedMs = wan.now()
      await heal('shape')
      const healedMs = wan.now()
      await traffic(channel, 400)
      await wan.pass(200)
      const sentBetween = (fromMs: number, toMs: number): Message[] =>
        channel.sent.filter(({ sentMs }) => sentMs > fromMs && sentMs < toMs)
      expectDelay(sentBetween(0, slowedMs - 100), 30)
      expectDelay(sentBetween(slowedMs, appliedMs), 120)
      expectDelay(sentBetween(healedMs + 120, Number.POSITIVE_INFINITY), 30)
      expectOrder(channel.sent)
      expect(channel.sent.every(({ arrivedMs }) => arrivedMs !== null)).toBe(true)
      expectDelay(channel.replies, 50)
    })

    test('round trips: the median of every pair within 3 % or the tolerance both ways', async () => {
      await set('far', [['c', 'a']], { delayMs: 150 })
      for (const [from, to] of [
        ['a', 'b'],
        ['a', 'c'],
        ['b', 'c'],
      ] as const) {
        const channel = await opened(from, to)
        await traffic(channel, 500)
        await wan.pass(200)
        const measuredMs = quantile(delaysOf(channel.sent), 0.5) + quantile(delaysOf(channel.replies), 0.5)
        const requestedMs = wan.table.requestedRttMs(from, to)
        expect(Math.abs(measuredMs - requestedMs)).toBeLessThan(Math.max(2 * toleranceMs, 0.03 * requestedMs))
      }
    })

    chanceConformance(() => wan, toleranceMs)

    test('what an interpreter cannot do is refused, and changes nothing', () => {
      const { capabilities } = wan.table
      const wanted: Partial<Link>[] = [
        ...linkProperties
          .filter((property) => !capabilities.properties.has(property))
          .map((property) => ({ [property]: 0.1 })),
        ...(['blackhole', 'reset'] as const)
          .filter((cut) => !capabilities.cuts.has(cut))
          .map((cut) => ({ cut })),
      ]
      const before = wan.table.link('a', 'b')
      for (const set of wanted) {
        expect(() => wan.table.apply({ owner: 'x', links: [{ from: 'a', to: 'b', set }] })).toThrow(
          expect.objectContaining({ code: 'link-unsupported' }),
        )
      }
      expect(wan.table.link('a', 'b')).toEqual(before)
    })

    test('healing all: every link is as its region says', async () => {
      await set('x', both, { delayMs: 200, jitterMs: 50, rateMbit: 1 })
      await set('y', [['a', 'c']], { cut: 'blackhole' })
      wan.table.removeAll()
      await wan.settle()
      for (const [from, to, delayMs] of [
        ['a', 'b', 30],
        ['a', 'c', 20],
      ] as const) {
        const channel = await opened(from, to)
        await traffic(channel, 150)
        await wan.pass(100)
        expectDelay(channel.sent, delayMs)
      }
    })
  })
}
