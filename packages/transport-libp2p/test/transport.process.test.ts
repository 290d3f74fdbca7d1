import { afterEach, describe, expect, test } from 'vitest'
import { createTransport, peerIdOf } from '../src/index.ts'
import { transportConformance } from './conformance.ts'
import {
  bytesOf,
  chainTag,
  nameOf,
  networkKey,
  startMesh,
  startNode,
  stopAll,
  type TestNode,
} from './support/cluster.ts'
import { until } from './support/until.ts'

transportConformance('libp2p over TCP', async (count) => {
  const nodes = await startMesh(count)
  return {
    nodes,
    until,
    stopNode: async (name) => nodes.find((node) => node.name === name)?.transport.stop(),
    stop: () => stopAll(nodes),
  }
})

describe('a mesh of seven', () => {
  let nodes: TestNode[] = []
  afterEach(() => stopAll(nodes))

  test('forms, measures round trips, and gossip reaches all from each', async () => {
    nodes = await startMesh(7)
    await until('all up', () => nodes.every((node) => node.transport.connected().length === 6))
    await until('round trips known', () =>
      nodes.every((node) =>
        node.transport.connected().every((peer) => node.transport.rttMs(peer) !== undefined),
      ),
    )
    for (const node of nodes) node.transport.publish('proposals', bytesOf(`from ${node.name}`))
    const distinct = (node: TestNode): Set<string> =>
      new Set(nodes.flatMap((from) => node.texts(from.name, 'proposals')))
    await until('everything everywhere', () => nodes.every((node) => distinct(node).size === 6))
    for (const node of nodes) {
      expect(node.transport.counters()).toMatchObject({ connects: 6 })
      expect(node.transport.counters()).not.toHaveProperty('peerDowns')
    }
  })
})

describe('three in a line', () => {
  let nodes: TestNode[] = []
  afterEach(() => stopAll(nodes))

  test('carry on what is gossiped, and nothing else', async () => {
    const gossiped = ['transactions'] as const
    const middle = await startNode({ index: 2, accept: [1, 3], gossiped })
    const dial = new Map([[2, middle.transport.listening()]])
    const ends = await Promise.all([1, 3].map((index) => startNode({ index, dial, gossiped })))
    const [first, last] = ends as [TestNode, TestNode]
    nodes = [middle, first, last]
    await until('all up', () => middle.transport.connected().length === 2)
    first.transport.publish('proposals', bytesOf('to neighbours'))
    let count = 0
    await until('gossip has come through', () => {
      first.transport.publish('transactions', bytesOf(`to all ${count++}`))
      return last.texts('v2', 'transactions').length > 0
    })
    expect(middle.texts('v1', 'proposals')).toEqual(['to neighbours'])
    expect(last.texts('v2', 'proposals')).toEqual([])
  })

  test('need no gossip', async () => {
    const one = await startNode({ index: 1, accept: [2], gossiped: [] })
    const two = await startNode({
      index: 2,
      dial: new Map([[1, one.transport.listening()]]),
      gossiped: [],
    })
    nodes = [one, two]
    await until('up', () => one.transport.connected().length === 1)
    one.transport.publish('proposals', bytesOf('hello'))
    await until('it has come', () => two.texts('v1', 'proposals').length > 0)
    expect(two.transport.counters()).not.toHaveProperty('gossipFramesIn')
  })
})

describe('a listener', () => {
  test('says in one line that its port is in use', async () => {
    const first = await startNode({ index: 1 })
    const listen = first.transport.listening()
    await expect(startNode({ index: 2, listen })).rejects.toMatchObject({
      code: 'TRANSPORT_LISTEN',
      message: `cannot listen on 127.0.0.1:${listen.port}: the port is in use`,
    })
    await first.transport.stop()
  })

  test('leaves its port free after stop', async () => {
    const first = await startNode({ index: 1 })
    const listen = first.transport.listening()
    await first.transport.stop()
    const second = await startNode({ index: 2, listen })
    expect(second.transport.listening()).toEqual(listen)
    await second.transport.stop()
  })
})

describe('configuration', () => {
  const good = {
    self: 'v1',
    networkKey: networkKey(1),
    listen: { host: '127.0.0.1', port: 0 },
    chainTag,
    events: { frame() {}, peerUp() {}, peerDown() {} },
  }
  const peer = { name: nameOf(2), peerId: peerIdOf(networkKey(2)), host: '127.0.0.1', port: 1, dial: true }

  test.each([
    ['a key of the wrong length', { networkKey: new Uint8Array(31) }, 'a network key has 32 bytes, got 31'],
    ['a bad tag', { chainTag: 'XYZ' }, 'chainTag must be 1 to 64 lower-case hexadecimal digits, got "XYZ"'],
    ['a port of 0 to dial', { peers: [{ ...peer, port: 0 }] }, 'peer "v2": port must be 1 to 65535, got 0'],
    ['a doubled name', { peers: [peer, peer] }, 'peer "v2" is listed twice or is this node itself'],
    ['a bad peer id', { peers: [{ ...peer, peerId: 'x' }] }, 'peer "v2": "x" is not a peer id'],
  ])('refuses %s', async (_what, change, message) => {
    await expect(createTransport({ ...good, peers: [], ...change })).rejects.toMatchObject({ message })
  })
})
