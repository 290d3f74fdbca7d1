import { parsePhysicalGenesis } from '@groundwork/genesis'
import { nodeSignatures, type PhysicalTopic, physicalTopics } from '@groundwork/host'
import { type ChainRules, chainRules, slotAt } from '@groundwork/physical-core'
import {
  createChecker,
  createCheckPool,
  createPhysicalHost,
  type PhysicalHost,
} from '@groundwork/physical-host'
import { CodedError, type KeyPair, toHex } from '@groundwork/primitives'
import {
  type Address,
  type ApiServer,
  monotonicMs,
  type RunningNode,
  readKeyFile,
  readText,
  type StartInit,
  serveApi,
} from '@groundwork/program'
import { startingTipFact } from '@groundwork/trace'
import { createTransport, type Libp2pTransport, peerIdOf } from '@groundwork/transport-libp2p'
import { withoutVdfWarning } from '@groundwork/vdf/verify'
import { createFarmerApi } from './api.ts'
import type { FarmerByzantine, FarmerConfig } from './config.ts'
import { createFarmer, type FarmerRole } from './farmer-role.ts'
import { createItemIntake } from './item-intake.ts'
import { createFarmerMetrics } from './metrics.ts'
import { createFarmerReporter } from './reporter.ts'
import { statusOf, vdfLag } from './status.ts'
import { type Resumed, resume } from './storage.ts'
import { threadUrl } from './threads.ts'

/** What the line on standard output says when the node can be reached. */
export interface FarmerReadyLine {
  readonly name: string
  readonly pid: number
  readonly p2p: Address
  readonly api: Address
  readonly peerId: string
}

export type FarmerInit = StartInit<FarmerConfig, FarmerByzantine>

/** What comes to life one after the other. */
export interface Running {
  readonly startedMs: number
  isStopped: boolean
  disk?: Resumed
  host?: PhysicalHost
  role?: FarmerRole
  api?: ApiServer
  transport?: Libp2pTransport<PhysicalTopic>
}

const transportStopMs = 400
/** An answer has some two megabytes at most, a block one. */
const frameBytesMax = 4 * 1024 * 1024
const clock = {
  now: monotonicMs,
  schedule: (afterMs: number, callback: () => void) => void setTimeout(callback, afterMs),
}

/**
 * Starts a node of the physical chain: files, journal, store, core, API, transport; then it follows, and farms what plots
 * it has. Throws one line for what a person must mend.
 */
export async function startFarmer(
  init: FarmerInit,
): Promise<RunningNode & { readonly ready: FarmerReadyLine }> {
  const { config, log } = init
  const rules = chainRules(parsePhysicalGenesis(readText(config.genesis, 'GENESIS')))
  const keys = readKeys(config, rules)
  if (rules.parameters.vdf.kind === 'none') log.warn(withoutVdfWarning)
  const wallMs = () => Date.now() + config.clockOffsetMs
  const running: Running = { startedMs: monotonicMs(), isStopped: false }
  const slotNow = () => slotAt(rules.genesis, wallMs())

  const metrics = createFarmerMetrics(() => ({
    height: running.disk?.core.tip().height ?? 0,
    slot: running.disk?.core.tip().slot ?? 0,
    peers: running.transport?.connected().length ?? 0,
    plots: running.role?.plots?.farmed.size ?? 0,
    mempool: running.disk?.core.state.mempool.items.size ?? 0,
    vdfLag: running.disk === undefined ? 0 : vdfLag(rules, running.disk.core, slotNow()),
  }))
  const disk = await resume({
    dataDir: config.dataDir,
    rules,
    key: keys.farmer,
    timelord: config.timelord,
    slotNow: slotNow(),
    log,
    onSync: metrics.synced,
    onFailure: init.onFailure,
  })
  running.disk = disk
  const { core, journal, store } = disk
  const reporter = createFarmerReporter({
    config,
    metrics,
    rules,
    core: () => core,
    wallMs,
    slotNow,
    transportCounters: () => running.transport?.counters() ?? {},
    takeRoundTrips: () => running.transport?.takeRoundTrips() ?? [],
  })
  const checker = createChecker(rules, nodeSignatures.verify)
  const pool = createCheckPool({ genesis: rules.genesis, ...threadUrl('check-thread') })

  /** Why the newest items were refused. */
  let itemRefusal: string | null = null
  const host = createPhysicalHost({
    rules,
    core,
    journal,
    store,
    checker,
    pool,
    transport: () => running.transport,
    clock,
    wallMs,
    random: Math.random,
    events: {
      observed(observation) {
        if (observation.kind === 'refused' && observation.what === 'item') itemRefusal = observation.reason
        role.observed(observation)
        reporter.observed(observation)
      },
      tip(effect) {
        reporter.tip(effect)
        role.tipMoved()
      },
      refused: reporter.refused,
      failed: init.onFailure,
    },
    farm: (effect) => role.farm(effect),
    stepped: () => role.stepped(),
    extra: (from, frame) => role.place.onFrame(from, frame),
  })
  running.host = host
  const role: FarmerRole = createFarmer({
    config,
    rules,
    keys,
    log,
    clock,
    core,
    host,
    checker,
    reporter,
    metrics,
    transport: () => running.transport,
    onFailure: init.onFailure,
  })
  running.role = role

  const submit = createItemIntake({
    check: checker.item,
    offer(item) {
      itemRefusal = null
      host.deliver({ kind: 'items', items: [{ item, priority: 0 }], from: null })
      return itemRefusal
    },
  })
  const app = createFarmerApi({
    status: () => statusOf(init, rules, running),
    blockByHash: (hash) => store.blockByHash(hash),
    async blockByHeight(height) {
      const hash = await store.hashAt(height)
      return hash === undefined ? undefined : store.blockByHash(hash)
    },
    submit,
    hub: reporter.hub,
    metrics,
    onError: (error) => log.error({ err: error }, 'a request failed'),
  })

  const stop = async (reason: string): Promise<void> => {
    if (running.isStopped) return
    running.isStopped = true
    host.stop()
    reporter.fact({ kind: 'node-stopped', reason })
    reporter.close()
    const patience = new Promise<void>((resolve) => setTimeout(resolve, transportStopMs))
    await Promise.all([
      running.api?.close(),
      Promise.race([running.transport?.stop(), patience]),
      pool.stop(),
      role.stop(),
    ])
    await journal.close()
    await store.close()
  }

  try {
    running.api = await serveApi(app, config.api)
    reporter.fact({
      kind: 'farmer-started',
      pid: process.pid,
      chain: toHex(rules.chainId),
      engine: rules.parameters.engine,
      lottery: rules.parameters.engine === 'work' ? 'hashes' : 'plots',
      vdf: rules.parameters.vdf.kind,
      signatures: 'ed25519',
      timelord: config.timelord,
      plots: role.intended(),
      byzantine: init.byzantine,
    })
    reporter.fact(startingTipFact(core.tip()))
    running.transport = await createTransport<PhysicalTopic>({
      self: config.name,
      networkKey: keys.network,
      listen: config.listen,
      peers: config.peers,
      topics: physicalTopics,
      limits: { frameBytesMax, sendQueueBytesMax: frameBytesMax },
      chainTag: toHex(rules.chainId).slice(0, 16),
      acceptGossip: host.accept,
      onError: (error) => init.onFailure(error),
      events: {
        frame: host.onFrame,
        peerUp(peer) {
          reporter.fact({ kind: 'peer-up', peer })
          host.peerUp(peer)
          role.place.peerUp(peer)
        },
        peerDown(peer, reason) {
          reporter.fact({ kind: 'peer-down', peer, reason })
          host.peerDown(peer)
          role.place.peerDown(peer)
        },
      },
    })
  } catch (error) {
    await stop('start failed')
    throw error
  }
  host.start()
  role.start()

  const ready: FarmerReadyLine = {
    name: config.name,
    pid: process.pid,
    p2p: running.transport.listening(),
    api: running.api.address,
    peerId: peerIdOf(keys.network),
  }
  log.info({ ...ready, height: core.tip().height, timelord: config.timelord }, 'ready')
  return { ready, stop }
}

export interface FarmerKeys {
  readonly farmer: KeyPair | null
  readonly landmark: KeyPair | null
  readonly network: Uint8Array
  /** Of the genesis' list. */
  readonly region: number
}

function readKeys(config: FarmerConfig, { genesis }: ChainRules): FarmerKeys {
  const region = genesis.regions.findIndex(({ name }) => name === config.region)
  if (region < 0) {
    const known = genesis.regions.map(({ name }) => name).join(', ')
    throw new CodedError('CONFIG_REGION', `region: "${config.region}" is none of the chain's (${known})`)
  }
  if (config.farmerKey === null && config.plots.length > 0)
    throw new CodedError('CONFIG_PLOTS', 'plots: need a farmerKey; without one a node only follows')
  return {
    region,
    farmer: config.farmerKey === null ? null : readKeyFile(config.farmerKey, 'farmer'),
    landmark: config.landmarkKey === null ? null : readKeyFile(config.landmarkKey, 'landmark'),
    network: readKeyFile(config.networkKey, 'network').secretKey,
  }
}
