import {
  historyAnswers,
  historyServer,
  type Rewriting,
  rewriteNewest,
  rewritingDetail,
  rewritingItems,
} from '@groundwork/byzantine'
import { deriveGenesisOf, epochOf, type Genesis, parseGenesis } from '@groundwork/genesis'
import { type BlockStore, createBlockServer, framesOver, nodeSignatures } from '@groundwork/host'
import { startAt } from '@groundwork/hybrid-core'
import { itemsOfCheckpoint } from '@groundwork/hybrid-host'
import { encodeItem, type Item } from '@groundwork/physical-core'
import { type KeyPair, toHex } from '@groundwork/primitives'
import { type Address, type RunningNode, readKeyFile, readText } from '@groundwork/program'
import { createHybridMetrics, hybridGauges, openHybridNode } from '@groundwork/program/hybrid'
import type { EpochStart } from '@groundwork/stake-core'
import { createTransport, type Libp2pTransport, peerIdOf } from '@groundwork/transport-libp2p'
import { verifierOf } from './beside.ts'
import type { PhysicalSection } from './config.ts'
import { pureBeginning } from './epoch-nodes.ts'
import { type HistoryOrders, readHistoryOrders } from './history-orders.ts'
import { createInbound } from './inbound.ts'
import { createMetrics } from './metrics.ts'
import type { ReadyLine, ValidatorInit } from './node.ts'
import { openPhysicalFollower } from './physical-follower.ts'
import { openBlocks } from './storage.ts'
import { storedBlocks } from './stored-finals.ts'

/** Nobody measures it. */
const nothing = { view: 0, finalView: 0, finalHeight: 0, peers: 0, mempool: 0 }
const farmerWithinMs = 5_000

export interface Historian extends RunningNode {
  readonly ready: Omit<ReadyLine, 'api'>
}

/**
 * Not a validator at all: whoever has seized keys, and the chains of one of their owners in its data folder. It signs
 * another history in no time, shows it to whoever synchronises, and asks farmers to checkpoint it.
 */
export async function startHistorian(init: ValidatorInit): Promise<Historian> {
  const { config, log } = init
  const genesis = parseGenesis(readText(config.genesis, 'GENESIS'))
  const orders = readHistoryOrders(config.dataDir)
  const networkKey = readKeyFile(config.networkKey, 'network').secretKey
  const store = await openBlocks({ dataDir: config.dataDir, genesis })
  try {
    const beginning = await beginningOf(init, genesis, networkKey)
    const rewriting = await rewrite(genesis, beginning, store, orders)
    log.warn({ fork: rewriting.fork }, rewritingDetail(rewriting))

    let transport: Libp2pTransport | undefined
    const server = historyServer(rewriting.epochs)
    const { send } = framesOver({
      broadcast: () => {},
      send: (to, frame) => transport?.send(to, frame),
      publish: () => {},
    })
    const serveBlocks = createBlockServer(server.find, store, { send })
    const inbound = createInbound({
      onMessage: historyAnswers(server, { send, serveBlocks }),
      onGarbage: (reason, peer) => transport?.penalize(peer, reason),
    })
    const own = await createTransport({
      self: config.name,
      networkKey,
      listen: config.listen,
      peers: config.peers,
      chainTag: toHex(epochOf(genesis).chainId).slice(0, 16),
      acceptGossip: inbound.acceptGossip,
      onError: (error) => init.onFailure(error),
      events: { frame: inbound.onFrame, peerUp: () => {}, peerDown: () => {} },
    })
    transport = own
    void offer(init, orders.farmers, itemsOf(genesis, rewriting))
    return {
      ready: {
        name: config.name,
        pid: process.pid,
        p2p: own.listening(),
        peerId: peerIdOf(networkKey),
      },
      async stop() {
        await own.stop()
        await store.close()
      },
    }
  } catch (error) {
    await store.close()
    throw error
  }
}

async function rewrite(
  genesis: Genesis,
  beginning: EpochStart,
  store: BlockStore,
  { keys, depth }: HistoryOrders,
): Promise<Rewriting> {
  const seized = keys.map((file) => readKeyFile(file, 'validator'))
  return rewriteNewest({
    genesis: beginning,
    chain: await storedBlocks(store, 0),
    depth,
    keys: seized.map(({ publicKey, secretKey }: KeyPair) => ({
      publicKey,
      sign: (message) => nodeSignatures.sign(secretKey, message),
    })),
    parameters: genesis.parameters,
  })
}

/** Where the chain begins; beside a physical chain, as that stands in the data folder. */
function beginningOf(
  init: ValidatorInit,
  genesis: Genesis,
  networkKey: Uint8Array,
): EpochStart | Promise<EpochStart> {
  const { physical } = init.config
  return genesis.hybrid === undefined || physical === null
    ? pureBeginning(genesis)
    : derivedBeginning(init, genesis, physical, networkKey)
}

/** From the disk alone: nobody is asked, for whoever shows another history may reach nobody who farms. */
async function derivedBeginning(
  init: ValidatorInit,
  genesis: Genesis,
  section: PhysicalSection,
  networkKey: Uint8Array,
): Promise<EpochStart> {
  const metrics = createMetrics(() => nothing)
  const reporter = { fact: () => {} }
  const node = await openPhysicalFollower({
    ...init,
    section,
    networkKey,
    passport: undefined,
    metrics,
    reporter,
    hybrid: () => undefined,
  })
  const hybrid = openHybridNode({
    genesis: deriveGenesisOf(genesis, node.rules.genesis),
    node,
    dataDir: init.config.dataDir,
    owner: null,
    validator: null,
    farmer: null,
    verify: verifierOf(genesis),
    onConflict: 'follow-physical',
    log: init.log,
    metrics: createHybridMetrics(metrics, () => hybridGauges(hybrid.follower)),
    onSync: () => {},
    fact: reporter.fact,
    events: { items: () => {}, view: () => {} },
    onFailure: init.onFailure,
  })
  try {
    await hybrid.start()
    hybrid.slot(node.host.slotNow())
    const { context } = hybrid.follower
    return startAt(context, hybrid.follower.view(), hybrid.beginning)
  } finally {
    await Promise.all([hybrid.stop(), node.stop()])
  }
}

function itemsOf({ hybrid }: Genesis, rewriting: Rewriting): readonly Item[] {
  if (hybrid === undefined) return []
  return rewritingItems(rewriting, hybrid.parameters.checkpointLaneBytes, (blocks, final) =>
    itemsOfCheckpoint(blocks, { path: [], final }),
  )
}

/** A farmer that cannot be asked is not asked. */
async function offer(
  { log }: ValidatorInit,
  farmers: readonly Address[],
  items: readonly Item[],
): Promise<void> {
  if (items.length === 0) return
  const body = JSON.stringify({ items: items.map((item) => toHex(encodeItem(item))) })
  const headers = { 'content-type': 'application/json' }
  await Promise.all(
    farmers.map(async ({ host, port }) => {
      try {
        const signal = AbortSignal.timeout(farmerWithinMs)
        const asked = { method: 'POST', headers, body, signal }
        const answer = await fetch(`http://${host}:${port}/v1/items`, asked)
        log.info({ port, status: answer.status }, 'offered a checkpoint')
      } catch (error) {
        log.warn({ port, error: String(error) }, 'a farmer did not answer')
      }
    }),
  )
}
