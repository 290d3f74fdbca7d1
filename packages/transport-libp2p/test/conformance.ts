import type { Topic, Transport } from '@groundwork/host'
import { type Bytes, equal } from '@groundwork/primitives'
import { afterEach, describe, expect, test } from 'vitest'

/** What an implementation of the `Transport` port shows of one node. */
export interface ConformanceNode {
  readonly name: string
  readonly transport: Transport
  readonly received: readonly {
    readonly from: string
    readonly frame: Bytes
    readonly lane: 'direct' | Topic
  }[]
  /** `up NAME` and `down NAME REASON`, in order. */
  readonly changes: readonly string[]
}

export interface ConformanceNetwork {
  readonly nodes: readonly ConformanceNode[]
  /** Lets the network run until the condition holds; throws if it does not in reasonable time. */
  until(what: string, condition: () => boolean): Promise<unknown>
  /** Ends one node. */
  stopNode(name: string): Promise<void>
  stop(): Promise<void>
}

/** What every implementation of the `Transport` port must do. `start` connects each of `count` nodes with each. */
export function transportConformance(
  implementation: string,
  start: (count: number) => Promise<ConformanceNetwork>,
): void {
  describe(`transport conformance: ${implementation}`, () => {
    let network: ConformanceNetwork | undefined
    afterEach(async () => {
      await network?.stop()
      network = undefined
    })

    const connected = async (count: number): Promise<ConformanceNetwork> => {
      const started = await start(count)
      network = started
      await started.until('all peers are up', () =>
        started.nodes.every((node) => node.changes.length === count - 1),
      )
      return started
    }
    const at = (from: ConformanceNetwork, index: number): ConformanceNode =>
      from.nodes[index] as ConformanceNode
    const numbered = (value: number, length = 8): Bytes => {
      const bytes = new Uint8Array(length)
      new DataView(bytes.buffer).setUint32(0, value)
      return bytes
    }
    const numbers = (node: ConformanceNode, from: string): number[] =>
      node.received
        .filter((it) => it.from === from && it.lane === 'direct')
        .map((it) => new DataView(it.frame.buffer, it.frame.byteOffset).getUint32(0))

    test('reports each peer up once', async () => {
      const { nodes } = await connected(3)
      for (const node of nodes) {
        const others = nodes.filter((it) => it !== node).map((it) => `up ${it.name}`)
        expect([...node.changes].sort()).toEqual(others.sort())
      }
    })

    test('delivers frames to one peer in the order in which they were sent', async () => {
      const net = await connected(3)
      const count = 500
      for (let i = 0; i < count; i++)
        at(net, 0).transport.send(at(net, 1).name, numbered(i, 8 + (i % 7) * 1_000))
      await net.until('all frames', () => at(net, 1).received.length === count)
      expect(numbers(at(net, 1), at(net, 0).name)).toEqual(Array.from({ length: count }, (_, i) => i))
      expect(at(net, 2).received).toEqual([])
    })

    test('a broadcast reaches every other peer once and never the sender', async () => {
      const net = await connected(4)
      for (const [index, node] of net.nodes.entries()) node.transport.broadcast(numbered(index))
      await net.until('three frames each', () => net.nodes.every((node) => node.received.length >= 3))
      for (const node of net.nodes) {
        const others = net.nodes.filter((it) => it !== node).map((it) => it.name)
        expect(node.received.map((it) => it.from).sort()).toEqual(others.sort())
      }
    })

    test('a publication reaches everybody else, unchanged, on its lane, and also when it is sent again', async () => {
      const net = await connected(4)
      const sent = { proposals: numbered(7, 3_000), transactions: numbered(8, 200) }
      const lanes: readonly Topic[] = ['proposals', 'transactions']
      const others = net.nodes.slice(1)
      const copies = (node: ConformanceNode, lane: Topic): number =>
        node.received.filter((it) => it.lane === lane && equal(it.frame, sent[lane])).length
      for (const lane of lanes) at(net, 0).transport.publish(lane, sent[lane])
      await net.until('both', () => others.every((node) => lanes.every((lane) => copies(node, lane) > 0)))
      const before = others.map((node) => copies(node, 'proposals'))
      at(net, 0).transport.publish('proposals', sent.proposals)
      await net.until('again', () => others.every((node, i) => copies(node, 'proposals') > before[i]!))
      expect(at(net, 0).received).toEqual([])
      expect(others.every((node) => node.received.every((it) => it.lane !== 'direct'))).toBe(true)
    })

    test('frames may be empty or large', async () => {
      const net = await connected(2)
      const large = new Uint8Array(1_500_000).map((_, i) => i % 251)
      at(net, 0).transport.send(at(net, 1).name, new Uint8Array(0))
      at(net, 0).transport.send(at(net, 1).name, large)
      at(net, 0).transport.publish('proposals', large)
      await net.until('three frames', () => at(net, 1).received.length === 3)
      expect(at(net, 1).received.map((it) => it.frame.length)).toEqual([0, large.length, large.length])
      expect(
        at(net, 1)
          .received.map((it) => it.lane)
          .sort(),
      ).toEqual(['direct', 'direct', 'proposals'])
      expect(at(net, 1).received.every((it) => it.frame.length === 0 || equal(it.frame, large))).toBe(true)
    })

    test('a peer that ends is reported down; sending to it or to a stranger does nothing', async () => {
      const net = await connected(3)
      const gone = at(net, 2).name
      await net.stopNode(gone)
      const rest = net.nodes.slice(0, 2)
      await net.until('reported down', () =>
        rest.every((node) => node.changes.some((it) => it.startsWith(`down ${gone} `))),
      )
      for (const node of rest) {
        node.transport.send(gone, numbered(1))
        node.transport.send('nobody', numbered(2))
        node.transport.broadcast(numbered(3))
      }
      await net.until('the rest still talks', () => rest.every((node) => node.received.length === 1))
      expect(rest.map((node) => numbers(node, node === rest[0] ? at(net, 1).name : at(net, 0).name))).toEqual(
        [[3], [3]],
      )
    })
  })
}
