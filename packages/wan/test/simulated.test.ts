import { prng } from '@groundwork/primitives'
import { linkTable, simulatedLinks } from '@groundwork/wan'
import { expect, test } from 'vitest'
import { type Channel, type WanHarness, wanConformance } from './conformance.ts'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'
import { virtualClock } from './virtual-clock.ts'

function harness(seed: string): WanHarness {
  const clock = virtualClock()
  const table = linkTable({ nodes: conformanceNodes, regions: conformanceRegions })
  const links = simulatedLinks({ table, clock, random: prng(seed) })
  return {
    table,
    now: clock.now,
    // A moment of virtual time between statements, so that before and after are apart.
    settle: async () => clock.pass(0.001),
    pass: async (ms) => clock.pass(ms),
    lagMsMax: () => 0,
    close: async () => links.close(),
    open(from, to): Channel {
      let refused = false
      const lane = (source: string, target: string) => {
        const messages: { sentMs: number; arrivedMs: number | null }[] = []
        const send = (bytes: number): void => {
          const message: (typeof messages)[number] = { sentMs: clock.now(), arrivedMs: null }
          messages.push(message)
          const outcome = links.send(source, target, bytes, () => {
            message.arrivedMs = clock.now()
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
