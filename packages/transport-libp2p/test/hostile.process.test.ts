import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { concat } from '@groundwork/primitives'
import type { Connection, Stream } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { encodeBeat, frameHeader } from '../src/frame.ts'
import { peerIdOf } from '../src/index.ts'
import { createNode, type Node } from '../src/node.ts'
import { bytesOf, chainTag, networkKey, startNode, stopAll, type TestNode } from './support/cluster.ts'
import { until } from './support/until.ts'

const directProtocol = `/groundwork/${chainTag}/direct/1`
const limits = { framesPerSecond: 50, banMs: 300 }

/** A victim and an honest peer, connected; and a hostile peer that has a right to connect and speaks libp2p itself. */
let victim: TestNode
let honest: TestNode
const hostiles: Node[] = []

beforeEach(async () => {
  victim = await startNode({ index: 1, accept: [2, 3], limits })
  honest = await startNode({ index: 2, dial: new Map([[1, victim.transport.listening()]]) })
  await until('connected', () => victim.transport.connected().includes('v2'))
})

afterEach(async () => {
  expect(victim.changes.filter((it) => it.includes('v2'))).toEqual(['up v2'])
  honest.transport.send('v1', bytesOf('still there'))
  await until('the victim still works', () => victim.texts('v2').includes('still there'))
  await stopAll([victim, honest])
  await Promise.all(hostiles.splice(0).map((node) => node.libp2p.stop()))
})

const rejected = (reason: string): number => victim.transport.counters()[`rejected.${reason}`] ?? 0

async function hostile(index: number): Promise<Node> {
  const node = await createNode(networkKey(index), { host: '127.0.0.1', port: 0 }, {})
  await node.libp2p.handle(directProtocol, () => {})
  await node.start()
  hostiles.push(node)
  return node
}

const dial = (node: Node): Promise<Connection> =>
  node.dial(victim.transport.listening(), peerIdOf(networkKey(1)), AbortSignal.timeout(5_000), () => {})

async function openDirect(): Promise<Stream> {
  const connection = await dial(await hostile(3))
  return connection.newStream(directProtocol)
}

describe('a stranger', () => {
  test('that sends garbage over TCP is counted and closed', async () => {
    const { host, port } = victim.transport.listening()
    const sockets = Array.from({ length: 5 }, () => connect(port, host))
    for (const socket of sockets) {
      socket.on('error', () => {})
      socket.write(randomBytes(5_000))
    }
    await until('counted', () => victim.transport.counters().handshakeFailures === 5)
    await until('closed', () => sockets.every((socket) => socket.destroyed))
  })

  test('with a key of its own is refused', async () => {
    const node = await hostile(9)
    const connection = await dial(node)
    await until('closed', () => connection.status !== 'open')
    expect(rejected('unknown-peer')).toBe(1)
  })
})

describe('a peer', () => {
  test('that sends unknown frames and garbled beats is counted, and still heard', async () => {
    const stream = await openDirect()
    const unknown = new Uint8Array([0, 0, 0, 3, 77, 1, 2])
    stream.send(
      concat(unknown, frameHeader('beat', 3), new Uint8Array(3), frameHeader('direct', 2), bytesOf('hi')),
    )
    await until('heard', () => victim.texts('v3').includes('hi'))
    expect(rejected('unknown-frame')).toBe(1)
    expect(rejected('malformed-beat')).toBe(1)
  })

  test('that lies about its heartbeats is counted, and no round trip is measured', async () => {
    const stream = await openDirect()
    const beat = (echo: number, heldMicros: number) =>
      concat(frameHeader('beat', 12), encodeBeat({ sequence: 1, echo, heldMicros }))
    stream.send(concat(beat(0xffff_ffff, 0), beat(1, 0xffff_ffff), frameHeader('direct', 2), bytesOf('hi')))
    await until('heard', () => victim.texts('v3').includes('hi'))
    expect(rejected('implausible-beat')).toBe(2)
    await until('the honest peer is measured', () => {
      const peers = victim.transport.takeRoundTrips().map(({ peer }) => peer)
      expect(peers).not.toContain('v3')
      return peers.includes('v2')
    })
  })

  test.each([
    ['an oversize frame', [0xff, 0xff, 0xff, 0xff], 'oversize-frame'],
    ['a frame without a kind', [0, 0, 0, 0], 'empty-frame'],
  ])('that sends %s loses its connection', async (_what, bytes, reason) => {
    const stream = await openDirect()
    stream.send(concat(new Uint8Array(bytes), new Uint8Array(1_000)))
    await until('closed', () => stream.status !== 'open')
    await until('counted', () => rejected(reason) === 1)
    await until('down', () => victim.changes.includes(`down v3 ${reason}`))
  })

  test('that stops in the middle of a frame is counted', async () => {
    const stream = await openDirect()
    stream.send(concat(frameHeader('direct', 1_000), new Uint8Array(10)))
    await until('up', () => victim.transport.connected().includes('v3'))
    await stream.close()
    await until('counted', () => rejected('truncated-frame') === 1)
  })

  test('that is silent is given up', async () => {
    await openDirect()
    await until(
      'given up',
      () => victim.transport.counters().inbound === 2 && hostiles[0]?.libp2p.getConnections().length === 0,
      2_500,
    )
    expect(victim.changes).toEqual(['up v2'])
  })

  test('that floods is heard at its rate and no more', async () => {
    const stream = await openDirect()
    const frames = 5_000
    for (let i = 0; i < frames; i++) stream.send(concat(frameHeader('direct', 4), new Uint8Array(4)))
    await until('all counted', () => victim.texts('v3').length + rejected('rate') === frames)
    expect(victim.texts('v3').length).toBeGreaterThanOrEqual(100)
    expect(victim.texts('v3').length).toBeLessThan(300)
    expect(victim.transport.connected()).toContain('v3')
  })

  test('that asks for unknown protocols is counted', async () => {
    const connection = await dial(await hostile(3))
    for (let i = 0; i < 3; i++) await expect(connection.newStream('/no/such/protocol')).rejects.toThrow()
    await until('counted', () => rejected('unknown-protocol') === 3)
  })

  test('that opens a second direct stream keeps only the first', async () => {
    const stream = await openDirect()
    const [connection] = hostiles[0]!.libp2p.getConnections()
    const second = await connection!.newStream(directProtocol)
    await until('refused', () => second.status !== 'open')
    expect(rejected('unexpected-stream')).toBe(1)
    expect(stream.status).toBe('open')
  })

  test('that goes on sending garbage is shut out, and let in again after a pause', async () => {
    const stream = await openDirect()
    for (let i = 0; i < 20; i++) stream.send(new Uint8Array([0, 0, 0, 1, 99]))
    await until('shut out', () => victim.changes.includes('down v3 banned'))
    expect(victim.transport.counters()).toMatchObject({ bans: 1, 'rejected.unknown-frame': 20 })
    const refused = await dial(hostiles[0]!)
    await until('refused', () => refused.status !== 'open')
    expect(rejected('banned')).toBe(1)

    let connection = refused
    for (
      const startedMs = performance.now();
      connection.status !== 'open' || performance.now() - startedMs < limits.banMs;
    ) {
      connection = await dial(hostiles[0]!)
    }
    const again = await connection.newStream(directProtocol)
    again.send(concat(frameHeader('direct', 5), bytesOf('sorry')))
    await until('heard again', () => victim.texts('v3').includes('sorry'))
  })
})

describe('what the host reports or does', () => {
  test('penalties lead to the same pause, and the peer comes back by itself', async () => {
    const third = await startNode({ index: 3, dial: new Map([[1, victim.transport.listening()]]) })
    await until('up', () => victim.transport.connected().includes('v3'))
    for (let i = 0; i < 20; i++) victim.transport.penalize('v3', 'bad-signature')
    expect(victim.transport.connected()).not.toContain('v3')
    expect(rejected('bad-signature')).toBe(20)
    victim.transport.penalize('nobody', 'bad-signature')
    await until('back', () => victim.transport.connected().includes('v3'), 5_000)
    expect(victim.changes.filter((it) => it.includes('v3'))).toEqual(['up v3', 'down v3 banned', 'up v3'])
    await third.transport.stop()
  })

  test('an exception in a handler is counted and harms nobody', async () => {
    const thrower = await startNode({
      index: 3,
      dial: new Map([[1, victim.transport.listening()]]),
      onFrame: () => {
        throw new Error('a bug of the host')
      },
    })
    await until('up', () => victim.transport.connected().includes('v3') && thrower.changes.length === 1)
    victim.transport.send('v3', bytesOf('one'))
    victim.transport.publish('transactions', bytesOf('two'))
    victim.transport.send('v3', bytesOf('three'))
    await until('all came', () => thrower.received.length === 3)
    expect(thrower.transport.counters()).toMatchObject({ handlerErrors: 3 })
    expect(thrower.changes).toEqual(['up v1'])
    await thrower.transport.stop()
  })

  test('a publication that the host refuses is neither delivered nor forwarded', async () => {
    // 3 publishes to 4 alone, which forwards to 5 what it accepts
    const four = await startNode({
      index: 4,
      accept: [3, 5],
      acceptGossip: (_topic, frame) => frame[0] !== 0,
    })
    const dialFour = new Map([[4, four.transport.listening()]])
    const three = await startNode({ index: 3, dial: dialFour })
    const five = await startNode({ index: 5, dial: dialFour })
    // gossip may lose any single message while its streams are set up: all are said until one has come through
    const say = (first: number) => three.transport.publish('proposals', randomBytes(40).fill(first, 0, 1))
    const refused = () => four.transport.counters()['rejected.gossip-invalid'] ?? 0
    await until('a bad one', () => {
      say(0)
      return refused() > 0
    })
    await until('a good one after it', () => {
      say(1)
      return five.received.length > 0
    })
    expect([...four.received, ...five.received].filter((it) => it.frame[0] === 0)).toEqual([])
    expect(five.transport.counters()).not.toHaveProperty('rejected.gossip-invalid')
    await stopAll([three, four, five])
  })
})

test('a peer that does not read costs a bounded queue; the oldest frames go', async () => {
  const stream = await openDirect()
  stream.addEventListener('message', () => {})
  stream.pause()
  // stay alive without reading
  const beats = setInterval(() => stream.send(concat(frameHeader('direct', 1), new Uint8Array(1))), 200)
  try {
    await until('up', () => victim.transport.connected().includes('v3'))
    const frame = new Uint8Array(100_000)
    await until('overflow', () => {
      victim.transport.send('v3', frame)
      return (victim.transport.counters().droppedOverflow ?? 0) > 10
    })
  } finally {
    clearInterval(beats)
  }
})
