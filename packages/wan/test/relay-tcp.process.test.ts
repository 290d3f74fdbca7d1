import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Link } from '@groundwork/wan'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type RelayChannel, type RelayHarness, relayHarness, socketEnd } from './relay-harness.ts'

/** How much later than it should a thing may be seen, beside what this process was late itself. */
const lateMs = 40
const delays = { there: 30, back: 50, rtt: 80 }

let wan: RelayHarness
let relayLateMs = 0
beforeEach(async () => {
  wan = await relayHarness()
  relayLateMs = 0
})
afterEach(() => wan.close())

const set = async (owner: string, value: Partial<Link>, pairs = ['a b', 'b a']): Promise<void> => {
  const links = pairs.map((pair) => pair.split(' ') as [string, string])
  wan.table.apply({ owner, links: links.map(([from, to]) => ({ from, to, set: value })) })
  await wan.settle()
}
const heal = async (owner: string): Promise<void> => {
  wan.table.remove(owner)
  await wan.settle()
}
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(1)
}
const opened = async (): Promise<RelayChannel> => {
  const channel = wan.open('a', 'b')
  await channel.ready
  return channel
}
async function expectAt(atMs: number | null, expectedMs: number): Promise<void> {
  const { lateness, loopLagMsMax } = await wan.network.stats()
  relayLateMs = Math.max(relayLateMs, lateness.maxMs, loopLagMsMax)
  expect(atMs).toBeGreaterThan(expectedMs - 1)
  expect(atMs).toBeLessThan(expectedMs + lateMs + relayLateMs + 2 * wan.lagMsMax())
}

describe('opening', () => {
  test('the target is dialled after one delay; what the dialer wrote at once arrives after the handshake', async () => {
    const startMs = performance.now()
    const channel = wan.open('a', 'b')
    channel.send(10)
    const target = await channel.accepted
    await expectAt(performance.now(), startMs + delays.there)
    target.write('hello')
    await until(() => channel.sent[0]?.arrivedMs !== null)
    await expectAt(performance.now(), startMs + delays.rtt + delays.there)
    await once(channel.dialer, 'readable')
    await expectAt(performance.now(), startMs + delays.rtt + delays.there + delays.back)
  })

  test('a target that does not listen, or is not known, refuses after a round trip', async () => {
    const closed = await socketEnd()
    closed.server.close()
    await once(closed.server, 'close')
    wan.network.setTarget('b', { host: '127.0.0.1', port: closed.port })
    await wan.settle()
    const startMs = performance.now()
    const channel = wan.open('a', 'b')
    await until(() => channel.refused())
    await expectAt(performance.now(), startMs + delays.rtt)
  })

  test('a target that comes back elsewhere is found there', async () => {
    await opened()
    const elsewhere = await socketEnd()
    const accepted = new Promise<Socket>((resolve) => elsewhere.next(resolve))
    wan.network.setTarget('b', { host: '127.0.0.1', port: elsewhere.port })
    await wan.settle()
    wan.open('a', 'b')
    const socket = await accepted
    expect(socket.localPort).toBe(elsewhere.port)
    socket.destroy()
    elsewhere.server.close()
  })
})

describe('closing', () => {
  test('an end arrives after the delay, and the other direction stays open', async () => {
    const channel = await opened()
    const target = await channel.accepted
    const endMs = performance.now()
    channel.dialer.end()
    await once(target, 'end')
    await expectAt(performance.now(), endMs + delays.there)
    channel.reply(1000)
    await until(() => channel.replies[0]?.arrivedMs !== null)
    const answerMs = performance.now()
    target.end()
    await until(() => channel.seen.dialerEndMs !== null)
    await expectAt(channel.seen.dialerEndMs, answerMs + delays.back)
    await until(() => target.destroyed && channel.dialer.destroyed)
    expect(channel.seen).toMatchObject({ dialerResetMs: null, targetResetMs: null })
  })

  test('a reset arrives after the delay, behind what was written before it', async () => {
    const channel = await opened()
    const target = await channel.accepted
    channel.reply(100_000)
    let taken = 0
    while (taken < 100_000) {
      const { links } = await wan.network.stats()
      taken = links.find(({ from, to }) => from === 'b' && to === 'a')?.sentBytes as number
    }
    const resetMs = performance.now()
    target.resetAndDestroy()
    await until(() => channel.refused())
    await expectAt(channel.seen.dialerResetMs, resetMs + delays.back)
    expect(channel.replies[0]?.arrivedMs).not.toBe(null)
  })

  test('nothing of a closed connection is left', async () => {
    for (let i = 0; i < 5; i++) {
      const channel = await opened()
      const target = await channel.accepted
      target.on('end', () => target.end())
      if (i % 2 === 0) channel.dialer.destroy()
      else target.resetAndDestroy()
    }
    let connections = -1
    while (connections !== 0) connections = (await wan.network.stats()).connections
  })
})

describe('a black hole', () => {
  test('a connection with traffic is silent, and is reset when TCP would have got through again', async () => {
    const channel = await opened()
    channel.send(10)
    channel.reply(10)
    await until(() => channel.sent[0]?.arrivedMs != null && channel.replies[0]?.arrivedMs != null)
    await set('cut', { cut: 'blackhole' })
    const lostMs = performance.now()
    channel.send(10)
    await sleep(400)
    await heal('cut')
    channel.send(10)
    channel.reply(10)
    // The way back lost nothing: it carries on. Sent again after 280 and 840 ms, the second time with the cut over.
    await until(() => channel.replies[1]?.arrivedMs != null)
    expect(performance.now()).toBeLessThan(lostMs + 840)
    expect((await wan.network.stats()).doomedConnections).toBe(1)
    await until(() => channel.refused() && channel.seen.targetResetMs !== null)
    await expectAt(channel.seen.dialerResetMs, lostMs + 840 + delays.there)
    await expectAt(channel.seen.targetResetMs, lostMs + 840 + delays.there)
    expect(channel.sent.map(({ arrivedMs }) => arrivedMs !== null)).toEqual([true, false, false])
    expect((await wan.network.stats()).connections).toBe(0)
  })

  test('a retransmission into a second cut is lost as well', async () => {
    await set('far', { delayMs: 300 })
    const channel = wan.open('a', 'b')
    await channel.accepted
    await sleep(600)
    await set('cut', { cut: 'blackhole' })
    const lostMs = performance.now()
    channel.send(10)
    await sleep(100)
    await heal('cut')
    await sleep(100)
    await set('cut', { cut: 'blackhole' })
    // Sent again after 800 and 2400 ms.
    await sleep(lostMs + 1000 - performance.now())
    await heal('cut')
    await until(() => channel.refused())
    await expectAt(channel.seen.dialerResetMs, lostMs + 2400 + 300)
  })

  test('a connection attempt is silent, and is reset when its SYN would have been answered', async () => {
    await set('cut', { cut: 'blackhole' }, ['b a'])
    const startMs = performance.now()
    const channel = wan.open('a', 'b')
    await once(channel.dialer, 'connect')
    channel.send(10)
    await sleep(200)
    await heal('cut')
    await until(() => channel.refused())
    await expectAt(channel.seen.dialerResetMs, startMs + 1000 + delays.there)
    expect(channel.sent[0]?.arrivedMs).toBe(null)
  })

  test('a dialer that gives up leaves nothing behind; the other end hears of it late', async () => {
    const channel = await opened()
    await set('cut', { cut: 'blackhole' })
    const attempt = wan.open('a', 'b')
    await once(attempt.dialer, 'connect')
    attempt.dialer.destroy()
    const lostMs = performance.now()
    channel.dialer.destroy()
    let connections = -1
    while (connections !== 1) connections = (await wan.network.stats()).connections
    // Sent again after 280, 840 and 1960 ms.
    await sleep(lostMs + 900 - performance.now())
    expect(channel.seen.targetResetMs).toBe(null)
    await heal('cut')
    await until(() => channel.seen.targetResetMs !== null)
    await expectAt(channel.seen.targetResetMs, lostMs + 1960 + delays.there)
    expect((await wan.network.stats()).connections).toBe(0)
  })

  test('turned into a reset it resets at once', async () => {
    const channel = await opened()
    await set('cut', { cut: 'blackhole' })
    channel.send(10)
    await set('harder', { cut: 'reset' })
    const startMs = performance.now()
    await until(() => channel.refused())
    await expectAt(performance.now(), startMs)
  })
})

describe('bulk', () => {
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  const collect = (socket: Socket): Promise<Buffer> =>
    new Promise((resolve) => {
      const chunks: Buffer[] = []
      socket.on('data', (chunk: Buffer) => chunks.push(chunk))
      socket.on('end', () => resolve(Buffer.concat(chunks)))
    })
  /** A connection without the harness's listeners. */
  const plain = async (): Promise<[Socket, Socket]> => {
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    wan.network.setTarget('b', { host: '127.0.0.1', port: (server.address() as { port: number }).port })
    await wan.settle()
    const dialer = connect({ ...wan.network.address('a', 'b'), allowHalfOpen: true })
    const [target] = (await once(server, 'connection')) as [Socket]
    server.close()
    return [dialer, target]
  }

  test('megabytes both ways arrive whole while delay, jitter and rate change', async () => {
    const [dialer, target] = await plain()
    const [there, back] = [randomBytes(12_000_000), randomBytes(8_000_000)]
    const [gotThere, gotBack] = [collect(target), collect(dialer)]
    dialer.end(there)
    target.end(back)
    await set('jitter', { jitterMs: 20 })
    await sleep(50)
    await set('rate', { rateMbit: 500, delayMs: 5 })
    await sleep(50)
    await heal('jitter')
    expect(digest(await gotThere)).toBe(digest(there))
    expect(digest(await gotBack)).toBe(digest(back))
  })

  test('a receiver that does not read stops its sender, and gets everything when it reads', async () => {
    const [dialer, target] = await plain()
    const sent = randomBytes(64_000_000)
    dialer.end(sent)
    let before = -1
    const taken = async (): Promise<number> => {
      const { links } = await wan.network.stats()
      return links.find(({ from, to }) => from === 'a' && to === 'b')?.sentBytes as number
    }
    for (let now = await taken(); now === 0 || now !== before; now = await taken()) {
      before = now
      await sleep(300)
    }
    // The relay's window, and what the kernel's buffers on the far side hold.
    expect(before).toBeLessThan(32_000_000)
    expect(digest(await collect(target))).toBe(digest(sent))
    target.destroy()
  })
})
