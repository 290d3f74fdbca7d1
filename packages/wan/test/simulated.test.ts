import { prng } from '@groundwork/primitives'
import { linkTable, simulatedLinks } from '@groundwork/wan'
import { expect, test } from 'vitest'
import { wanConformance } from './conformance.ts'
import type { Channel, WanHarness } from './conformance-harness.ts'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'
import { virtualClock } from './virtual-clock.ts'

function harness(seed: string): WanHarness {
  const clock = virtualClock()
  const table = linkTable({ nodes: conformanceNodes, regions: conformanceRegions })
  const links = simulatedLinks({ table, clock, random: prng(seed) })
  const damaged = new Map<string, number>()
  return {
    table,
    now: clock.now,
    // A moment of virtual time between statements, so that before and after are apart.
    settle: async () => clock.pass(0.001),
    pass: async (ms) => clock.pass(ms),
    lagMsMax: () => 0,
    headerBytes: 0,
    damaged: async (node) => damaged.get(node) ?? 0,
    close: async () => links.close(),
    open(from, to): Channel {
      let refused = false
      const lane = (source: string, target: string) => {
        const messages: { sentMs: number; arrivedMs: number | null; copies: number }[] = []
        const send = (bytes: number): void => {
          const message: (typeof messages)[number] = { sentMs: clock.now(), arrivedMs: null, copies: 0 }
          messages.push(message)
          const outcome = links.send(source, target, bytes, (corrupt) => {
            if (corrupt) {
              damaged.set(target, (damaged.get(target) ?? 0) + 1)
              return
            }
            message.arrivedMs ??= clock.now()
            message.copies++
          })
          refused ||= outcome === 'refused'
        }
        return { messages, send }
      }
      const [there, back] = [lane(from, to), lane(to, from)]
      return {
        ready: Promise.resolve(),
        send: there.send,
        reply: back.send,
        sent: there.messages,
        replies: back.messages,
        refused: () => refused,
      }
    },
  }
}

wanConformance('simulated', async () => harness('conformance'), 0.01)

test('the same seed gives the same deliveries, another seed others', async () => {
  const run = async (seed: string): Promise<(number | null)[]> => {
    const wan = harness(seed)
    const set = { jitterMs: 10, lossRatio: 0.2, duplicateRatio: 0.1, reorderRatio: 0.1 }
    wan.table.apply({ owner: 'x', links: [{ from: 'a', to: 'b', set }] })
    const channel = wan.open('a', 'b')
    for (let i = 0; i < 100; i++) {
      channel.send(100)
      await wan.pass(3)
    }
    await wan.pass(1000)
    return channel.sent.map(({ arrivedMs }) => arrivedMs)
  }
  const first = await run('one')
  expect(await run('one')).toEqual(first)
  expect(await run('two')).not.toEqual(first)
})

test('what is on its way when the link is cut is lost, even if the cut is over before it would arrive', () => {
  const clock = virtualClock()
  const table = linkTable({ nodes: conformanceNodes, regions: conformanceRegions })
  const links = simulatedLinks({ table, clock, random: prng(1) })
  const arrived: string[] = []
  links.send('a', 'b', 10, () => arrived.push('a > b'))
  links.send('b', 'a', 10, () => arrived.push('b > a'))
  clock.pass(5)
  table.apply({ owner: 'cut', links: [{ from: 'a', to: 'b', set: { cut: 'blackhole' } }] })
  clock.pass(5)
  table.remove('cut')
  clock.pass(100)
  expect(arrived).toEqual(['b > a'])
})
