import type { Link, LinkProperty } from '@groundwork/wan'
import { expect, test } from 'vitest'
import type { Channel, WanHarness } from './conformance-harness.ts'
import {
  arrivedOf,
  delaysOf,
  expectDelays,
  expectOrder,
  expectShare,
  interval,
  quantile,
} from './conformance-measures.ts'

/** Enough for the interval of a chance to be narrow. */
const manyCount = 1000

/** What happens to single messages by chance; skipped where an interpreter says that it cannot. */
export function chanceConformance(wan: () => WanHarness, toleranceMs: number): void {
  const packetTest = (property: LinkProperty, title: string, run: () => Promise<void>) =>
    test(`${property.replace('Ratio', '')}: ${title}`, async ({ skip }) => {
      skip(!wan().table.capabilities.properties.has(property), 'this interpreter cannot, and says so')
      await run()
    })
  /** Five messages at a time each way, every 10 ms, and then time for all to arrive. */
  const manyMessages = async (set: Partial<Link>): Promise<Channel> => {
    wan().table.apply({ owner: 'chance', links: [{ from: 'a', to: 'b', set }] })
    await wan().settle()
    const channel = wan().open('a', 'b')
    await channel.ready
    for (let i = 0; i < manyCount / 5; i++) {
      for (let j = 0; j < 5; j++) {
        channel.send(400)
        channel.reply(100)
      }
      await wan().pass(10)
    }
    await wan().pass(300)
    expect(channel.sent.length).toBe(manyCount)
    expect(channel.replies.every(({ copies }) => copies === 1)).toBe(true)
    expectOrder(channel.replies)
    return channel
  }

  packetTest('lossRatio', 'as many are lost as chance allows, the others are whole', async () => {
    const { sent } = await manyMessages({ lossRatio: 0.05 })
    expectShare(sent.filter(({ copies }) => copies === 0).length, manyCount, 0.05)
    expect(sent.every(({ copies }) => copies <= 1)).toBe(true)
    expectDelays(arrivedOf(sent), 30, toleranceMs)
    expectOrder(arrivedOf(sent))
  })

  packetTest('lossRatio', 'all is lost if all is to be lost', async () => {
    const { sent } = await manyMessages({ lossRatio: 1 })
    expect(sent.every(({ copies }) => copies === 0)).toBe(true)
  })

  packetTest('duplicateRatio', 'as many arrive twice as chance allows, all arrive', async () => {
    const { sent } = await manyMessages({ duplicateRatio: 0.1 })
    expect(sent.every(({ copies }) => copies === 1 || copies === 2)).toBe(true)
    expectShare(sent.filter(({ copies }) => copies === 2).length, manyCount, 0.1)
    expectDelays(sent, 30, toleranceMs)
    expectOrder(sent)
  })

  packetTest(
    'corruptRatio',
    'as many arrive damaged as chance allows, and never pass for whole',
    async () => {
      const before = await wan().damaged('b')
      const { sent } = await manyMessages({ corruptRatio: 0.1 })
      const missing = sent.filter(({ copies }) => copies === 0).length
      expectShare(missing, manyCount, 0.1)
      // A damaged header may lead a message astray.
      const damaged = (await wan().damaged('b')) - before
      expect(damaged).toBeGreaterThan(0.7 * missing)
      expect(damaged).toBeLessThanOrEqual(missing)
      expectDelays(arrivedOf(sent), 30, toleranceMs)
    },
  )

  packetTest('reorderRatio', 'as many change places as chance allows, all arrive once', async () => {
    const { sent } = await manyMessages({ delayMs: 60, reorderRatio: 0.1 })
    expect(sent.every(({ copies }) => copies === 1)).toBe(true)
    // Held back or sent ahead, each moves past its neighbours, unless by too little, or together with one of them.
    const arrivals = sent.map(({ arrivedMs }) => arrivedMs as number)
    const descents = arrivals.filter((ms, i) => ms < (arrivals[i - 1] ?? 0)).length
    expect(descents).toBeGreaterThan(0.5 * interval(manyCount, 0.1).min)
    expect(descents).toBeLessThan(interval(manyCount, 0.1).max)
    expect(quantile(delaysOf(sent), 0.5)).toBeGreaterThan(60 - 0.3)
    expect(quantile(delaysOf(sent), 0.5)).toBeLessThan(60 + toleranceMs)
  })
}
