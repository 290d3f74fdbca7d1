import {
  historyAnswers,
  historyServer,
  type Rewriting,
  rewriteNewest,
  rewritingItems,
} from '@groundwork/byzantine'
import { createBlockServer } from '@groundwork/host'
import { itemsOfCheckpoint } from '@groundwork/hybrid-host'
import type { Message, Peer } from '@groundwork/stake-core'
import type { Cluster } from './cluster.ts'
import { simulatedKey } from './keys.ts'
import type { SimulatedNode } from './node.ts'
import type { Farm } from './physical/farm.ts'

/** Signs another history with the keys of these nodes, in the place of what the disk of one of them holds. */
export function rewriteWith(
  world: Cluster,
  seized: readonly SimulatedNode[],
  source: SimulatedNode,
  depth: number | null,
): Rewriting {
  return rewriteNewest({
    genesis: source.genesis(),
    chain: source.disk.chain,
    depth,
    keys: seized.map(({ validator }) => {
      const { publicKey, secretKey } = simulatedKey('validator', validator)
      return { publicKey, sign: (message) => world.signatures.sign(secretKey, message) }
    }),
    parameters: world.parameters,
  })
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
  const send = (to: Peer, message: Message): void => network.send(self, network.indexOf(to), message)
  const answer = historyAnswers(server, {
    send,
    serveBlocks: createBlockServer(server.find, below.store, { send }),
  })
  network.attach(self, {
    receive: (from, message) => answer(message, from),
    peerUp: () => {},
    peerDown: () => {},
  })
  return () => network.detach(self)
}

/** Asks farmers to checkpoint the other history. */
export function offerHistory(farm: Farm, rewriting: Rewriting, laneBytes: number): void {
  const items = rewritingItems(rewriting, laneBytes, (blocks, final) =>
    itemsOfCheckpoint(blocks, { path: [], final }),
  )
  if (items.length === 0) return
  for (const farmer of farm.farmers) if (farmer.running) farmer.offer(items)
}
