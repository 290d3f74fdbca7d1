import { parseGenesis } from '@groundwork/genesis'
import { type Clock, createDriver, createSegmentServer, framesOver, nodeSignatures } from '@groundwork/host'
import { CodedError, toHex } from '@groundwork/primitives'
import {
  type Address,
  type ApiServer,
  type Log,
  monotonicMs,
  readKeyFile,
  readText,
  serveApi,
} from '@groundwork/program'
import { createAdmitter, type Message, type Peer } from '@groundwork/stake-core'
import { epochRecord } from '@groundwork/trace'
import { createTransport, type Libp2pTransport, peerIdOf } from '@groundwork/transport-libp2p'
import { createApi, type StatusAnswer } from './api.ts'
import type { Config } from './config.ts'
import { createInbound, isBlameworthy } from './inbound.ts'
import { createIntake } from './intake.ts'
import { linksOver } from './links.ts'
import { findForeignVote, listenMs } from './lookout.ts'
import { createMetrics } from './metrics.ts'
import { openPhysicalFollower, type PhysicalFollower } from './physical-follower.ts'
import { createReporter } from './reporter.ts'
import { type Resumed, resume } from './storage.ts'

/** `twin`: does not look out for another process with its key. Everything else is honest. */
export type Byzantine = 'twin'
export const byzantineNames: readonly Byzantine[] = ['twin']

export interface ValidatorInit {
  readonly config: Config
  readonly byzantine: readonly Byzantine[]
  readonly log: Log
  /** The node cannot go on; it takes part in nothing any more. */
  readonly onFailure: (error: unknown) => void
}

/** What the line on standard output says when the node can be reached. */
export interface ReadyLine {
  readonly name: string
  readonly pid: number
  readonly p2p: Address
  readonly api: Address
  readonly peerId: string
}

export interface ValidatorNode {
  readonly ready: ReadyLine
  stop(reason: string): Promise<void>
}

const transportStopMs = 400
const clock: Clock = {
  now: monotonicMs,
  schedule: (afterMs, callback) => void setTimeout(callback, afterMs),
}

/**
 * Starts a validator: files, journal, store, core, API, transport. Then it listens for a while, taking part in everything
 * but voting, and only then it signs. Throws one line for what a person must mend.
 */
export async function startValidator(init: ValidatorInit): Promise<ValidatorNode> {
  const { config, log } = init
  const genesis = parseGenesis(readText(config.genesis, 'GENESIS'))
  const key = readKeyFile(config.validatorKey, 'validator')
  const networkKey = readKeyFile(config.networkKey, 'network').secretKey
  const running: Running = { mode: 'listening', renounced: false, startedMs: monotonicMs() }
  const metrics = createMetrics(() => ({
    view: running.disk?.core.state.view ?? 0,
    finalView: running.disk?.core.state.final.view ?? 0,
    finalHeight: running.disk?.core.state.final.height ?? 0,
    peers: running.transport?.connected().length ?? 0,
    mempool: running.disk?.core.state.mempool.size ?? 0,
  }))
  const disk = await resume({ dataDir: config.dataDir, genesis, key, log, onSync: metrics.synced })
  running.disk = disk
  const { core, epoch, journal, store, validator, lostView } = disk
  const links = linksOver(() => [running.transport, running.physical?.transport()])
  const reporter = createReporter({
    config,
    log,
    metrics,
    transportCounters: links.counters,
    takeRoundTrips: links.takeRoundTrips,
    onSample: () => running.physical?.facts.flush(),
  })
  const { physical: section } = config
  if (section !== null)
    running.physical = await openPhysicalFollower({ ...init, section, networkKey, metrics, reporter })

  const { verify } = nodeSignatures
  const admitter = createAdmitter({ epoch, parameters: genesis.parameters, verify, state: core.state })
  const network = framesOver({
    broadcast: (frame) => running.transport?.broadcast(frame),
    send: (to, frame) => running.transport?.send(to, frame),
    publish: (topic, frame) => running.transport?.publish(topic, frame),
  })

  const blame = (reason: string, peer: Peer): void => {
    // The transport counts what it punishes.
    if (running.transport === undefined) reporter.rejected(reason)
    else running.transport.penalize(peer, reason)
  }
  const driver = createDriver({
    core,
    admitter,
    network,
    journal,
    store,
    clock,
    events: {
      observed: reporter.observed,
      finalized: reporter.finalized,
      rejected: (reason, from) => (isBlameworthy(reason) ? blame(reason, from) : reporter.rejected(reason)),
      foreignVote: () => reporter.rejected('foreign-vote'),
      failed: (error) => init.onFailure(error),
    },
  })

  const looksOut = disk.maySign && !init.byzantine.includes('twin')
  const renounce = (view: number, from: Peer): void => {
    if (running.renounced) return
    running.renounced = true
    disk.loseJournal()
    log.error(
      { view, from },
      `${config.name} has signed before, but its folder was empty: following without signing`,
    )
  }
  const onMessage = (message: Message, from: Peer): void => {
    if (running.mode === 'listening' && looksOut) {
      const foreign = findForeignVote({ epoch, self: validator, core, verify, lostView }, message)
      if (foreign !== null && !disk.empty) return init.onFailure(foreignKeyError(config, foreign.view, from))
      if (foreign !== null) renounce(foreign.view, from)
    }
    driver.receive(message, from)
  }
  const inbound = createInbound({ onMessage, onGarbage: blame })

  const intake = createIntake({
    admitter,
    core,
    onBatch(batch) {
      driver.deliver({ kind: 'transactions', transactions: batch })
      network.broadcast({ kind: 'transactions', transactions: batch.map(({ bytes }) => bytes) })
    },
  })
  const app = createApi({
    status: () => statusOf(init, running, disk),
    blockByHash: async (hash) => store.blockByHash(hash),
    blockByHeight: (height) => store.blockByHeight(height),
    account: async (address) => core.state.final.position.ledger.account(address),
    submit: intake.submit,
    segment: createSegmentServer(store),
    hub: reporter.hub,
    metrics,
    onError: (error) => log.error({ err: error }, 'a request failed'),
  })

  const stop = async (reason: string): Promise<void> => {
    if (running.mode === 'stopped') return
    running.mode = 'stopped'
    clearTimeout(running.listening)
    driver.stop()
    intake.stop()
    const physical = running.physical?.stop()
    reporter.fact({ kind: 'node-stopped', reason })
    reporter.close()
    const { transport } = running
    const patience = new Promise<void>((resolve) => setTimeout(resolve, transportStopMs))
    const others = Promise.race([transport?.stop(), patience])
    await Promise.all([running.api?.close(), others, physical])
    await journal.close()
    await store.close()
  }

  try {
    running.api = await serveApi(app, config.api)
    reporter.fact({
      kind: 'node-started',
      validator,
      signatures: nodeSignatures.name,
      pid: process.pid,
      epoch: epochRecord(epoch),
      byzantine: init.byzantine,
    })
    running.transport = await createTransport({
      self: config.name,
      networkKey,
      listen: config.listen,
      peers: config.peers,
      chainTag: toHex(epoch.chainId).slice(0, 16),
      acceptGossip: inbound.acceptGossip,
      onError: (error) => init.onFailure(error),
      events: {
        frame: inbound.onFrame,
        peerUp(peer) {
          reporter.fact({ kind: 'peer-up', peer })
          log.debug({ peer }, 'peer up')
          driver.deliver({ kind: 'peer-up', peer })
        },
        peerDown(peer, reason) {
          reporter.fact({ kind: 'peer-down', peer, reason })
          log.debug({ peer, reason }, 'peer down')
          driver.deliver({ kind: 'peer-down', peer })
        },
      },
    })
    await running.physical?.connect()
  } catch (error) {
    await stop('start failed')
    throw error
  }

  running.listening = setTimeout(() => {
    const signing = disk.maySign && !running.renounced
    running.mode = signing ? 'validating' : 'following'
    log.info({ mode: running.mode, view: core.state.view }, 'started')
    driver.deliver({ kind: 'start', signing })
  }, listenMs(genesis.parameters.timeoutBaseMs))

  running.physical?.host.start()

  const ready: ReadyLine = {
    name: config.name,
    pid: process.pid,
    p2p: running.transport.listening(),
    api: running.api.address,
    peerId: peerIdOf(networkKey),
  }
  log.info({ ...ready, byzantine: init.byzantine, height: core.state.final.height }, 'ready')
  return { ready, stop }
}

/** What comes to life one after the other. */
interface Running {
  mode: StatusAnswer['mode'] | 'stopped'
  /** It has signed before and does not know what. */
  renounced: boolean
  readonly startedMs: number
  disk?: Resumed
  api?: ApiServer
  transport?: Libp2pTransport
  physical?: PhysicalFollower
  listening?: NodeJS.Timeout
}

function statusOf(init: ValidatorInit, running: Running, { core, epoch, validator }: Resumed): StatusAnswer {
  const { view, final, mempool } = core.state
  return {
    version: 1,
    name: init.config.name,
    validator,
    chainId: toHex(epoch.chainId),
    epoch: epoch.number,
    mode: running.mode === 'stopped' ? 'following' : running.mode,
    view,
    leader: core.leader(view),
    finalView: final.view,
    finalHeight: final.height,
    finalHash: toHex(final.hash),
    stateRoot: toHex(final.position.ledger.root),
    peers: running.transport?.connected() ?? [],
    mempool: mempool.size,
    uptimeMs: Math.round(monotonicMs() - running.startedMs),
    byzantine: init.byzantine,
    physical: running.physical?.status() ?? null,
  }
}

function foreignKeyError({ name, dataDir }: Config, view: number, from: Peer): CodedError {
  return new CodedError(
    'KEY_IN_USE',
    `${name}: another process signs with this validator's key, or its journal is gone: ${from} sent its vote of view ${view}, which is not in ${dataDir}; not signing`,
  )
}
