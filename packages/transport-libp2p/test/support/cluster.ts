import type { Topic } from '@groundwork/host'
import type { Bytes } from '@groundwork/primitives'
import {
  type Address,
  createTransport,
  type Libp2pTransport,
  type Limits,
  peerIdOf,
  type TransportInit,
} from '../../src/index.ts'

export interface Received {
  readonly from: string
  readonly frame: Bytes
  readonly lane: 'direct' | Topic
}

/** A transport and everything that it told its host. */
export interface TestNode {
  readonly name: string
  readonly transport: Libp2pTransport
  readonly received: Received[]
  /** `up v2`, `down v2 silent`. */
  readonly changes: string[]
  /** Frames as text, in order. */
  texts(from: string, lane?: Received['lane']): string[]
}

export const networkKey = (index: number): Bytes => new Uint8Array(32).fill(index)
export const nameOf = (index: number): string => `v${index}`
export const chainTag = 'c0ffee'

export const bytesOf = (text: string): Bytes => new TextEncoder().encode(text)
export const textOf = (bytes: Bytes): string => new TextDecoder().decode(bytes)

export interface NodeInit {
  readonly index: number
  /** Peers to dial, with their addresses, and peers that will dial us. */
  readonly dial?: ReadonlyMap<number, Address>
  readonly accept?: readonly number[]
  readonly listen?: Address
  readonly limits?: Partial<Limits>
  readonly acceptGossip?: NonNullable<TransportInit['acceptGossip']>
  readonly gossiped?: readonly Topic[]
  readonly passport?: NonNullable<TransportInit['passport']>
  readonly admits?: NonNullable<TransportInit['admits']>
  readonly onFrame?: (received: Received) => void
}

export async function startNode(init: NodeInit): Promise<TestNode> {
  const received: Received[] = []
  const changes: string[] = []
  const peer = (index: number, address: Address, dial: boolean) => ({
    name: nameOf(index),
    peerId: peerIdOf(networkKey(index)),
    ...address,
    dial,
  })
  const transport = await createTransport({
    self: nameOf(init.index),
    networkKey: networkKey(init.index),
    listen: init.listen ?? { host: '127.0.0.1', port: 0 },
    chainTag,
    peers: [
      ...[...(init.dial ?? [])].map(([index, address]) => peer(index, address, true)),
      ...(init.accept ?? []).map((index) => peer(index, { host: '127.0.0.1', port: 0 }, false)),
    ],
    events: {
      frame(from, frame, lane) {
        received.push({ from, frame, lane })
        init.onFrame?.({ from, frame, lane })
      },
      peerUp: (name) => changes.push(`up ${name}`),
      peerDown: (name, reason) => changes.push(`down ${name} ${reason}`),
    },
    ...(init.limits === undefined ? {} : { limits: init.limits }),
    ...(init.passport && { passport: init.passport }),
    ...(init.admits && { admits: init.admits }),
    ...(init.acceptGossip === undefined ? {} : { acceptGossip: init.acceptGossip }),
    ...(init.gossiped && { gossiped: init.gossiped }),
  })
  return {
    name: nameOf(init.index),
    transport,
    received,
    changes,
    texts: (from, lane = 'direct') =>
      received.filter((it) => it.from === from && it.lane === lane).map((it) => textOf(it.frame)),
  }
}

/** `count` nodes, numbered from 1, each connected to each; the later one of a pair dials. */
export async function startMesh(
  count: number,
  address: (from: number, to: number, listening: Address) => Promise<Address> = (_from, _to, listening) =>
    Promise.resolve(listening),
): Promise<TestNode[]> {
  const nodes: TestNode[] = []
  for (let index = 1; index <= count; index++) {
    const dial = new Map<number, Address>()
    for (let to = 1; to < index; to++) {
      dial.set(to, await address(index, to, (nodes[to - 1] as TestNode).transport.listening()))
    }
    const accept = Array.from({ length: count - index }, (_, offset) => index + 1 + offset)
    nodes.push(await startNode({ index, dial, accept }))
  }
  return nodes
}

export async function stopAll(nodes: readonly TestNode[]): Promise<void> {
  await Promise.all(nodes.map((node) => node.transport.stop()))
}
