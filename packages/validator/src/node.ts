import { epochOf, parseGenesis } from '@groundwork/genesis'
import { createSegmentServer, nodeSignatures } from '@groundwork/host'
import { CodedError, type KeyPair, toHex } from '@groundwork/primitives'
import {
  type Address,
  getPhysicalFrames,
  type Log,
  monotonicMs,
  readKeyFile,
  readText,
  serveApi,
} from '@groundwork/program'
import { epochRecord } from '@groundwork/trace'
import { createTransport, type PassportSigner, peerIdOf } from '@groundwork/transport-libp2p'
import { createApi } from './api.ts'
import type { Config } from './config.ts'
import { createConsensus } from './consensus.ts'
import { pureStart } from './epoch-nodes.ts'
import { linksOver } from './links.ts'
import { listenMs } from './lookout.ts'
import { createMetrics } from './metrics.ts'
import { createReporter, type Reporter } from './reporter.ts'
import { honestSeams, type ValidatorSeams } from './seams.ts'
import { gaugesOf, isValidator, type Running, statusOf } from './status.ts'
import { type Disk, openDisk } from './storage.ts'

/**
 * - twin: does not look out for another process with its key. Everything else is honest.
 * - coercible: does what `POST /v1/coercion` says, and is honest while that says nothing.
 * - history: is no validator at all, but signs another history and shows it (`history.ts`).
 */
export type Byzantine = 'twin' | 'coercible' | 'history'
export const byzantineNames: readonly Byzantine[] = ['twin', 'coercible', 'history']

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

/**
 * Starts a validator: files, journal, store, the physical chain if there is one, core, API, transport. Then it listens for
 * a while, taking part in everything but voting, and only then it signs. Throws one line for what a person must mend.
 */
export async function startValidator(init: ValidatorInit): Promise<ValidatorNode> {
  const { config, log } = init
  const genesis = parseGenesis(readText(config.genesis, 'GENESIS'))
  const { physical: section } = config
  if (genesis.hybrid !== undefined && section === null)
    throw new CodedError(
      'CONFIG_PHYSICAL',
      'physical: a physical chain records this one; name its genesis and farmers',
    )
  const key = readKeyFile(config.validatorKey, 'validator')
  const networkKey = readKeyFile(config.networkKey, 'network').secretKey
  const running: Running = { mode: 'listening', renounced: false, startedMs: monotonicMs() }
  const metrics = createMetrics(() => gaugesOf(running))
  const disk = await openDisk({ dataDir: config.dataDir, genesis, key, log, onSync: metrics.synced })
  const passport = passportOf(disk, key)
  const links = linksOver(() => [running.transport, running.physical?.transport()])
  const reporter = createReporter({
    config,
    log,
    metrics,
    transportCounters: links.counters,
    takeRoundTrips: links.takeRoundTrips,
    onSample: () => running.physical?.facts.flush(),
  })
  // What only some validators run is loaded by those.
  const beside = section === null ? null : await import('./beside.ts')
  const verify = beside?.verifierOf(genesis) ?? nodeSignatures.verify
  const stop = stopper(running, disk, reporter)

  try {
    reporter.fact({
      kind: 'node-started',
      validator: disk.validator,
      signatures: nodeSignatures.name,
      pid: process.pid,
      epoch: epochRecord(epochOf(genesis)),
      byzantine: init.byzantine,
    })
    if (section !== null)
      await beside?.followPhysical(
        { ...init, genesis, section, key, networkKey, passport, disk, verify, metrics, reporter },
        running,
      )
    const start = (await running.hybrid?.resume()) ?? (await pureStart(genesis, disk))
    if (start.epoch.number > 0) reporter.entered(start.epoch)
    const seams = await seamsOf(init, running)
    const consensus = createConsensus(
      { ...init, genesis, key, disk, verify, start, reporter, seams },
      running,
    )
    const { driver, inbound, intake } = consensus
    Object.assign(running, consensus)

    const { store } = disk
    const app = createApi({
      status: () => statusOf(init, running, driver, { validator: disk.validator, publicKey: key.publicKey }),
      blockByHash: async (hash) => store.blockByHash(hash),
      blockByHeight: (height) => store.blockByHeight(height),
      account: async (address) => driver.core.state.final.position.ledger.account(address),
      submit: intake.submit,
      segment: createSegmentServer(store),
      hub: reporter.hub,
      metrics,
      onError: (error) => log.error({ err: error }, 'a request failed'),
    })
    running.hybrid?.serve(app)
    seams.serve(app)
    if (running.physical !== undefined) getPhysicalFrames(app, running.physical.frame)
    const api = await serveApi(app, config.api)
    running.api = api
    const transport = await createTransport({
      self: config.name,
      networkKey,
      listen: config.listen,
      peers: config.peers,
      chainTag: toHex(driver.core.epoch.chainId).slice(0, 16),
      ...(passport && { passport }),
      ...(running.hybrid && { admits: (key) => isValidator(key, running) }),
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
    running.transport = transport

    running.listening = setTimeout(() => {
      const signing = disk.maySign && !running.renounced
      running.mode = signing ? 'validating' : 'following'
      log.info({ mode: running.mode, view: driver.core.state.view }, 'started')
      driver.deliver({ kind: 'start', signing })
    }, listenMs(genesis.parameters.timeoutBaseMs))

    const ready: ReadyLine = {
      name: config.name,
      pid: process.pid,
      p2p: transport.listening(),
      api: api.address,
      peerId: peerIdOf(networkKey),
    }
    const { height } = driver.core.state.final
    log.info({ ...ready, byzantine: init.byzantine, height }, 'ready')
    return { ready, stop }
  } catch (error) {
    await stop('start failed')
    throw error
  }
}

/** What misbehaves is not even loaded by others. */
async function seamsOf({ config, byzantine }: ValidatorInit, { physical }: Running): Promise<ValidatorSeams> {
  if (!byzantine.includes('coercible')) return honestSeams
  const { coercibleSeams } = await import('./coercible.ts')
  return coercibleSeams(config, physical?.rules.parameters.kappa ?? 0)
}

/** Of a validator that was not there at the beginning: others know its key from the chain, and not its peer id. */
function passportOf({ validator }: Disk, { publicKey, secretKey }: KeyPair): PassportSigner | undefined {
  if (validator !== null) return undefined
  return { publicKey, sign: (message) => nodeSignatures.sign(secretKey, message) }
}

function stopper(running: Running, disk: Disk, reporter: Reporter): ValidatorNode['stop'] {
  return async (reason) => {
    if (running.mode === 'stopped') return
    running.mode = 'stopped'
    clearTimeout(running.listening)
    running.driver?.stop()
    running.intake?.stop()
    const chains = [running.hybrid?.stop(), running.physical?.stop()]
    reporter.fact({ kind: 'node-stopped', reason })
    reporter.close()
    const patience = new Promise<void>((resolve) => setTimeout(resolve, transportStopMs))
    await Promise.all([running.api?.close(), Promise.race([running.transport?.stop(), patience]), ...chains])
    await disk.journal.close()
    await disk.store.close()
  }
}
