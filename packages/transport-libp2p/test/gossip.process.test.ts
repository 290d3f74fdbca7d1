import type { Bytes } from '@groundwork/primitives'
import type { Connection } from '@libp2p/interface'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createGossip, type Gossip } from '../src/gossip.ts'
import { peerIdOf } from '../src/index.ts'
import { createNode, type Node } from '../src/node.ts'
import { bytesOf, chainTag, networkKey, textOf } from './support/cluster.ts'
import { until } from './support/until.ts'

/** Gossip alone, over a connection that the test can break. */
interface Side {
  readonly node: Node
  readonly gossip: Gossip<'proposals' | 'transactions'>
  readonly received: string[]
  readonly repairs: string[]
}

let sides: [Side, Side]
let timer: NodeJS.Timeout

async function startSide(index: number): Promise<Side> {
  const node = await createNode(networkKey(index), { host: '127.0.0.1', port: 0 }, {})
  const received: string[] = []
  const repairs: string[] = []
  const gossip = createGossip({
    node,
    topics: ['proposals', 'transactions'] as const,
    chainTag,
    messageBytesMax: 1_000,
    now: () => performance.now(),
    accept: () => 'accept',
    onFrame: (_peerId, _topic, frame: Bytes) => received.push(textOf(frame)),
    onRepair: (what) => repairs.push(what),
  })
  await gossip.start()
  await node.start()
  return { node, gossip, received, repairs }
}

const connectionOf = ({ node }: Side): Connection => node.libp2p.getConnections()[0] as Connection
const streamsOf = (side: Side, direction: 'inbound' | 'outbound') =>
  connectionOf(side).streams.filter((it) => it.direction === direction && it.protocol.startsWith('/meshsub/'))

async function works(): Promise<void> {
  await until('subscribed', () => sides.every(({ gossip }) => gossip.subscribers('proposals').length === 1))
  for (const [from, to] of [sides, sides.toReversed()] as [Side, Side][]) {
    const text = `${Math.random()}`
    const count = to.received.length
    await until('delivered', () => {
      void from.gossip.publish('proposals', bytesOf(`${text} ${performance.now()}`))
      return to.received.length > count
    })
  }
}

beforeEach(async () => {
  sides = [await startSide(1), await startSide(2)]
  const [one, two] = sides
  const address = one.node.listening()
  await two.node.dial(address, peerIdOf(networkKey(1)), AbortSignal.timeout(5_000), () => {})
  await until('connected', () => connectionOf(one) !== undefined)
  for (const side of sides) side.gossip.connect(connectionOf(side).remotePeer, connectionOf(side))
  timer = setInterval(() => {
    for (const { gossip } of sides) gossip.check()
  }, 50)
  await works()
  expect(sides.map(({ repairs }) => repairs)).toEqual([[], []])
})

afterEach(async () => {
  clearInterval(timer)
  await Promise.all(sides.map(({ gossip }) => gossip.stop()))
  await Promise.all(sides.map(({ node }) => node.libp2p.stop()))
})

describe('gossip between two nodes', () => {
  test.each(['inbound', 'outbound'] as const)(
    'heals after the %s stream of one side is reset',
    async (direction) => {
      for (const stream of streamsOf(sides[0], direction)) stream.abort(new Error('broken by the test'))
      await until('noticed', () => sides.some(({ repairs }) => repairs.length > 0))
      await works()
      expect(sides.flatMap(({ repairs }) => repairs).length).toBeLessThan(4)
      await until('no stream is left over', () =>
        sides.every((side) => streamsOf(side, 'inbound').length === 1),
      )
    },
  )

  test('heals after garbage on its stream', async () => {
    for (const stream of streamsOf(sides[0], 'outbound')) stream.send(new Uint8Array(100).fill(0xff))
    await until('noticed', () => sides.some(({ repairs }) => repairs.length > 0))
    await works()
  })

  test('moves to another connection', async () => {
    const [one, two] = sides
    const old = sides.map(connectionOf)
    await two.node.dial(one.node.listening(), peerIdOf(networkKey(1)), AbortSignal.timeout(5_000), () => {})
    await until('second connection', () => one.node.libp2p.getConnections().length === 2)
    for (const [i, side] of sides.entries()) {
      const next = side.node.libp2p.getConnections().find((it) => it !== old[i]) as Connection
      side.gossip.connect(next.remotePeer, next)
    }
    for (const connection of old) connection.abort(new Error('replaced'))
    await works()
  })

  test('refuses what is too large', async () => {
    void sides[0].gossip.publish('proposals', new Uint8Array(1_001))
    void sides[0].gossip.publish('proposals', new Uint8Array(1_000))
    const count = sides[1].received.length
    await until('the smaller one', () => sides[1].received.length > count)
    await works()
    expect(sides[1].received.filter((it) => it.length > 1_000)).toEqual([])
  })
})
