import { type ForgedEpoch, historyServer, rewriteHistory } from '@groundwork/byzantine'
import { createBlockServer } from '@groundwork/host'
import { itemsOfCheckpoint } from '@groundwork/hybrid-host'
import { itemBytes } from '@groundwork/physical-core'
import { equal } from '@groundwork/primitives'
import type { Height, Peer } from '@groundwork/stake-core'
import type { Cluster } from './cluster.ts'
import { simulatedKey } from './keys.ts'
import type { SimulatedNode } from './node.ts'
import type { Farm } from './physical/farm.ts'

/** Blocks by which the other history is longer than what it replaces, where the keys come as far. */
const ahead = 3

export interface Rewriting {
  readonly fork: Height
  readonly epochs: readonly ForgedEpoch[]
}

/**
 * Signs another history with the keys of these nodes: from `depth` below the newest final block that one of them knows, or
 * from the genesis.
 */
export function rewriteWith(
  world: Cluster,
  seized: readonly SimulatedNode[],
  source: SimulatedNode,
  depth: number | null,
): Rewriting {
  const { chain } = source.disk
  const fork = depth === null ? 0 : Math.max(0, chain.length - depth)
  const epochs = rewriteHistory({
    genesis: source.genesis(),
    chain,
    fork,
    keys: seized.map(({ validator }) => {
      const { publicKey, secretKey } = simulatedKey('validator', validator)
      return { publicKey, sign: (message) => world.signatures.sign(secretKey, message) }
    }),
    parameters: world.parameters,
    untilHeight: chain.length + ahead,
  })
  return { fork, epochs }
}

/** Plugs in a process that answers whoever synchronises with the other history; below the fork with the true one. Until the result is called. */
export function showHistory(
  world: Cluster,
  name: Peer,
  { epochs }: Rewriting,
  below: SimulatedNode['disk'],
): () => void {
  const { network } = world
  const self = network.indexOf(name)
  const server = historyServer(epochs)
  const port = {
    send: (to: Peer, message: Parameters<typeof network.send>[2]) =>
      network.send(self, network.indexOf(to), message),
  }
  const serveBlocks = createBlockServer(server.find, below.store, port)
  network.attach(self, {
    receive(from, message) {
      if (message.kind === 'block-request') serveBlocks(message.hash, message.ancestors, from)
      const certificate = message.kind === 'status' ? server.certificateFor(message.status) : null
      if (certificate !== null) port.send(from, { kind: 'certificate', certificate })
    },
    peerUp: () => {},
    peerDown: () => {},
  })
  return () => network.detach(self)
}

/** Asks farmers to checkpoint the other history: as much of its first epoch as one lane can carry. */
export function offerHistory(farm: Farm, { epochs }: Rewriting, laneBytes: number): void {
  const [first] = epochs
  for (const final of first?.finals.toReversed() ?? []) {
    const last = first?.blocks.findIndex(({ hash }) => equal(hash, final.hash)) ?? -1
    const blocks = first?.blocks.slice(0, last + 1).map(({ block }) => block) ?? []
    if (blocks.length === 0) continue
    const items = itemsOfCheckpoint(blocks, { path: [], final })
    if (items.reduce((sum, item) => sum + itemBytes(item), 0) > laneBytes) continue
    for (const farmer of farm.farmers) if (farmer.running) farmer.offer(items)
    return
  }
}
