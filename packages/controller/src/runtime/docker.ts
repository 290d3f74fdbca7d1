import { randomBytes } from 'node:crypto'
import { chainId } from '@groundwork/genesis'
import { CodedError, zeroHash } from '@groundwork/primitives'
import { type Plan, seizedNodes, validatorsOf } from '@groundwork/scenario'
import { accountsOf, genesisOf, networkPlan } from '@groundwork/validator'
import { capabilitiesOf } from '@groundwork/wan'
import { type WanAnswer, type WanChoice, wanChoices } from '@groundwork/wan/router'
import { dockerEngine } from '../docker/engine.ts'
import { ensureImage } from '../docker/image.ts'
import { type PreparedNetwork, prepareNetwork } from '../docker/prepared.ts'
import { requireDocker } from '../docker/require.ts'
import { dropDisks } from '../node-files.ts'
import { keepRecordedChain, writeGeneses } from '../recorded-chain.ts'
import { shiftedRecords } from './clock.ts'
import { openDockerNetwork } from './docker-network.ts'
import { lastWordsOf } from './last-words.ts'
import { type LiveHooks, type LiveInit, type LiveNetwork, runLive } from './live.ts'
import { type Reaper, startReaper } from './reaper.ts'
import type { RunContext, RunEnd, Runtime } from './runtime.ts'
import { describeWan, wanMeasures } from './wan-report.ts'

export interface DockerOptions {
  /** `netem` and `packets` insist; undefined: what the environment says in GROUNDWORK_WAN, or `auto`. */
  readonly wan?: WanChoice | undefined
  /** Two octets; undefined: free ones. */
  readonly subnet?: string | undefined
}

/** Every node a container on a network of its own, all traffic between them through one router that emulates the links. */
export function dockerRuntime(options: DockerOptions = {}): Runtime {
  const wan = wanChoice(options.wan)
  return {
    name: 'docker',
    // What holds whichever interpreter the router will choose; netem can do less.
    capabilities: capabilitiesOf(wan === 'packets' ? 'packets' : 'netem'),
    clock: 'real',
    real: 'validators and farmers in containers with their own disks, network interfaces and limits, ed25519 signatures, libp2p over TCP, the clock, docker kill and pause',
    emulated:
      'the distance between regions: every packet passes one WAN router, which delays, loses and cuts',
    preflight: () => requireDocker(dockerEngine(), options.subnet),
    prepare: async (init) => void (await ensureImage(dockerEngine(), init)),
    execute: (plan, context) => execute(plan, context, { ...options, wan }),
  }
}

/** What was asked for, here or by the environment. Throws `USAGE`. */
export function wanChoice(option: WanChoice | undefined): WanChoice {
  const named = option ?? process.env.GROUNDWORK_WAN
  if (named === undefined || named === '') return 'auto'
  const found = wanChoices.find((choice) => choice === named)
  if (found !== undefined) return found
  throw new CodedError('USAGE', `GROUNDWORK_WAN=${named}: expected ${wanChoices.join(', ')}`)
}

interface Chosen extends DockerOptions {
  readonly wan: WanChoice
}

async function execute(plan: Plan, context: RunContext, options: Chosen): Promise<RunEnd> {
  let emulated: string | undefined
  const onWan = (wan: WanAnswer): void => {
    emulated = describeWan(wan)
    context.folder.writeJson('wan.json', wan)
    context.say(`emulated: ${emulated}`)
  }
  const records = shiftedRecords(context.record)
  const onClock = (shiftMs: number): void => {
    records.setShift(shiftMs)
    if (shiftMs !== 0)
      context.say(`the clock of the containers is ${Math.round(shiftMs)} ms ahead of this one`)
  }
  const open: LiveInit['open'] = (hooks) => openNetwork(plan, context, { ...options, hooks, onWan, onClock })
  const end = await runLive({ plan, context: { ...context, record: records.record }, open })
  // A network that never answered has no clock of its own.
  records.setShift(0)
  for (const line of await keepRecordedChain(context.folder, plan)) context.say(`chain not kept, ${line}`)
  if (!context.keep) dropDisks(context.folder, plan)
  return { ...end, ...(emulated === undefined ? {} : { emulated }) }
}

interface OpenInit extends Chosen {
  readonly hooks: LiveHooks
  onWan(wan: WanAnswer): void
  onClock(shiftMs: number): void
}

async function openNetwork(plan: Plan, context: RunContext, init: OpenInit): Promise<LiveNetwork> {
  const { hooks, wan, onWan, onClock } = init
  const reaper = startReaper()
  const engine = dockerEngine({
    onStart: (identity) => reaper.watch(identity, true),
    onExit: ({ pid }) => reaper.release(pid),
  })
  try {
    const image = await ensureImage(engine, { say: context.say, signal: hooks.signal })
    const home = (node: string): string => context.folder.file('nodes', node)
    const network = await prepareNetwork({
      engine,
      plan,
      seized: seizedNodes(plan),
      project: `groundwork-run-${randomBytes(3).toString('hex')}`,
      subnet: init.subnet,
      folder: context.folder.file('docker'),
      image,
      wan,
      homes: home,
      healthEveryS: null,
      apiPort: 0,
    })
    context.say(`project ${network.project}`)
    const stakes = validatorsOf(plan.nodes).length > 0
    const known = stakes ? networkPlan(network.file, network.composeFile) : null
    return openDockerNetwork({
      ...hooks,
      plan,
      engine,
      project: network.project,
      chainId: known === null ? zeroHash : chainId(genesisOf(known)),
      accounts: known === null ? [] : accountsOf(known),
      image,
      observe: context.observe,
      traceFile: (node) => context.folder.file('nodes', node, 'events.jsonl'),
      dataDir: (node) => context.folder.file('nodes', node, 'data'),
      lastWords: ({ id, node }) => lastWordsOf(engine, id, node === null ? null : home(node)),
      onWan,
      onClock,
      measure: wanMeasures,
      ...bounded(network, reaper, context),
    })
  } catch (error) {
    await reaper.close()
    throw error
  }
}

/** What exists from `up` on is removed by `down` or, if this process is killed, by the reaper. */
function bounded(
  network: PreparedNetwork,
  reaper: Reaper,
  { folder, say }: RunContext,
): Pick<Parameters<typeof openDockerNetwork>[0], 'up' | 'down'> {
  return {
    up: async (signal) => {
      reaper.runAtEnd(network.downCommand)
      const file = await network.up(signal)
      if (file.hybrid !== undefined) writeGeneses(folder, file.hybrid)
      say(`containers are up, subnet ${file.layout.subnet}.0.0/16`)
      return file
    },
    down: async () => {
      try {
        await network.down()
        reaper.forgetCommands()
      } finally {
        await reaper.close()
      }
    },
  }
}
