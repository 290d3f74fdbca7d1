import { parsePhysicalGenesis } from '@groundwork/genesis'
import { type ChainRules, chainRules, type Item, type OfferedItem } from '@groundwork/physical-core'
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
import { serveHybrid } from '@groundwork/program/hybrid'
import { openPhysicalNode, type PhysicalNode } from '@groundwork/program/physical'
import { startingFacts } from '@groundwork/trace'
import { peerIdOf } from '@groundwork/transport-libp2p'
import { createFarmerApi } from './api.ts'
import type { FarmerByzantine, FarmerConfig } from './config.ts'
import { createFarmer, type FarmerRole } from './farmer-role.ts'
import { type HybridRole, openHybridRole } from './hybrid-role.ts'
import { createItemIntake } from './item-intake.ts'
import { createFarmerMetrics } from './metrics.ts'
import { createFarmerReporter } from './reporter.ts'
import { type FarmerSeams, honestSeams } from './seams.ts'
import { statusOf, vdfLag } from './status.ts'

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
  physical?: PhysicalNode
  role?: FarmerRole
  hybrid?: HybridRole
  api?: ApiServer
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
  const running: Running = { startedMs: monotonicMs(), isStopped: false }

  const metrics = createFarmerMetrics(() => {
    const { physical, role } = running
    const core = physical?.core
    return {
      height: core?.tip().height ?? 0,
      slot: core?.tip().slot ?? 0,
      peers: physical?.transport()?.connected().length ?? 0,
      plots: role?.plots?.farmed.size ?? 0,
      mempool: core?.state.mempool.items.size ?? 0,
      vdfLag: physical === undefined ? 0 : vdfLag(rules, physical.core, physical.host.slotNow()),
    }
  })
  const seams = await seamsOf(init, rules, keys)
  /** Why the newest items were refused. */
  let itemRefusal: string | null = null
  const physical = await openPhysicalNode({
    rules,
    dataDir: config.dataDir,
    key: keys.farmer,
    timelord: config.timelord,
    clockOffsetMs: config.clockOffsetMs,
    network: {
      self: config.name,
      networkKey: keys.network,
      listen: config.listen,
      peers: config.peers,
      ...(config.stakeGenesis !== null && { admits: (key) => hybrid?.admits(key) ?? false }),
    },
    log,
    onSync: metrics.synced,
    onFailure: init.onFailure,
    events: {
      observed(observation) {
        if (observation.kind === 'refused' && observation.what === 'item') itemRefusal = observation.reason
        lookAt(observation)
        reporter.observed(observation)
      },
      tip(effect) {
        reporter.tip(effect)
        role.tipMoved()
        hybrid?.tipMoved()
      },
      refused: (reason) => reporter.refused(reason),
      peerUp(peer) {
        reporter.fact({ kind: 'peer-up', peer })
        role.place.peerUp(peer)
      },
      peerDown(peer, reason) {
        reporter.fact({ kind: 'peer-down', peer, reason })
        role.place.peerDown(peer)
      },
    },
    farm: (effect) => role.farm(effect),
    judge: seams.judge((items) => hybrid?.judge(items) ?? items),
    seams,
    stepped() {
      role.stepped()
      hybrid?.slot(physical.host.slotNow())
    },
    extra: (from, frame) => role.place.onFrame(from, frame),
  })
  running.physical = physical
  const { core, store, host, checker } = physical
  const reporter = createFarmerReporter({
    config,
    metrics,
    rules,
    core: () => core,
    wallMs: physical.wallMs,
    slotNow: host.slotNow,
    transportCounters: () => physical.transport()?.counters() ?? {},
    takeRoundTrips: () => physical.transport()?.takeRoundTrips() ?? [],
  })
  const role: FarmerRole = createFarmer({
    config,
    rules,
    keys,
    log,
    clock: physical.clock,
    core,
    host,
    checker,
    reporter,
    metrics,
    transport: physical.transport,
    onPlots: (own) => hybrid?.farms(own),
    onFailure: init.onFailure,
  })
  running.role = role
  const lookAt = seams.observed(role.observed)
  const { stakeGenesis } = config
  const hybrid: HybridRole | null =
    stakeGenesis === null
      ? null
      : openHybridRole({
          ...init,
          stakeGenesis,
          keys,
          physical,
          metrics,
          reporter,
          plots: () => role.plots,
          offer: seams.offer((items) => host.deliver({ kind: 'items', items: offered(items), from: null })),
          onRefused(reason) {
            itemRefusal = reason
            reporter.refused(`item-${reason}`)
          },
        })
  if (hybrid !== null) running.hybrid = hybrid

  const submit = createItemIntake({
    check: checker.item,
    offer(item) {
      itemRefusal = null
      host.deliver({ kind: 'items', items: offered([item]), from: null })
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
    frame: physical.frame,
    hub: reporter.hub,
    metrics,
    onError: (error) => log.error({ err: error }, 'a request failed'),
  })
  if (hybrid !== null) serveHybrid(app, hybrid.follower)
  seams.serve(app)

  const stop = async (reason: string): Promise<void> => {
    if (running.isStopped) return
    running.isStopped = true
    host.stop()
    reporter.fact({ kind: 'node-stopped', reason })
    reporter.close()
    await Promise.all([running.api?.close(), role.stop(), hybrid?.stop(), physical.stop()])
  }

  let p2p: Address
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
    for (const fact of startingFacts(rules, core)) reporter.fact(fact)
    await hybrid?.start()
    p2p = (await physical.connect()).listening()
  } catch (error) {
    await stop('start failed')
    throw error
  }
  host.start()
  role.start()

  const ready: FarmerReadyLine = {
    name: config.name,
    pid: process.pid,
    p2p,
    api: running.api.address,
    peerId: peerIdOf(keys.network),
  }
  log.info({ ...ready, height: core.tip().height, timelord: config.timelord }, 'ready')
  return { ready, stop }
}

function offered(items: readonly Item[]): OfferedItem[] {
  return items.map((item) => ({ item, priority: 0 }))
}

/** What misbehaves is not even loaded by others. */
async function seamsOf(
  { config, byzantine }: FarmerInit,
  rules: ChainRules,
  { farmer }: FarmerKeys,
): Promise<FarmerSeams> {
  if (!byzantine.includes('coercible')) return honestSeams
  const { coercibleSeams } = await import('./coercible.ts')
  return coercibleSeams({ config, rules, farmer })
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
