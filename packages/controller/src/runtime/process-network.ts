import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  farmerEnvironment,
  farmerNodeFlags,
  type WrittenFarmer,
  type WrittenFarmers,
} from '@groundwork/farmer'
import { CodedError, type Hash } from '@groundwork/primitives'
import { farmersOf, type Plan, type PlannedNode, processesOf, seizedName } from '@groundwork/scenario'
import type { TraceRecord } from '@groundwork/trace'
import {
  validatorEnvironment,
  validatorNodeFlags,
  type WrittenNetwork,
  type WrittenNode,
  writeHistoryOrders,
} from '@groundwork/validator'
import type { RelayNetwork } from '@groundwork/wan/relay'
import { type Child, type ChildExit, type ChildOptions, startChild } from './child.ts'
import type { LiveHooks, LiveNetwork } from './live.ts'
import { readTail } from './log-tail.ts'
import { byzantineFlags, createCoercions, type NodeOrders } from './misbehaviour.ts'
import { type Address, intakeOf, type NodeClient, nodeClient } from './node-client.ts'
import { watchNodes } from './node-watch.ts'
import type { Reaper } from './reaper.ts'
import type { LinkControl, SubmitAnswer } from './runtime.ts'
import { copyStores } from './seized-chain.ts'

export interface ProcessNetworkInit extends LiveHooks {
  readonly plan: Plan
  /** The validator program. */
  readonly main: string
  /** The farmer program. */
  readonly farmerMain: string
  /** null without validators. */
  readonly written: WrittenNetwork | null
  /** null without farmers. */
  readonly farm: WrittenFarmers | null
  readonly chainId: Hash
  readonly relays: RelayNetwork
  readonly links: LinkControl
  readonly reaper: Reaper
  /** A node serves its API there, from now on. */
  onApi(name: string, api: Address): void
  /** Every record that a node wrote, soon after. */
  observe(record: TraceRecord): void
}

type NodeFiles = WrittenNode | WrittenFarmer

interface ProcessNode {
  readonly planned: PlannedNode
  readonly written: NodeFiles
  child: Child | null
  client: NodeClient | null
  /** Where its interface was last. */
  api: Address | null
  /** Whether its end would be news. */
  wanted: boolean
  paused: boolean
}

const readyWithinMs = 30_000
const graceMs = 3000
/** A slot leaves room, a vote does not: where both want the same core, validators go first. */
const farmerNiceness = 10
const logTailBytes = 500

/** One process per planned node, validator or farmer. Every process it starts is ended by `close`, or with this process. */
export function openProcessNetwork(init: ProcessNetworkInit): LiveNetwork {
  const { plan, written, farm, relays, reaper, emit, fail } = init
  const files = new Map<string, NodeFiles>(
    [...(written?.nodes ?? []), ...(farm?.nodes ?? [])].map((own) => [own.name, own]),
  )
  const nodes = new Map(
    processesOf(plan).map((planned): [string, ProcessNode] => {
      const own = files.get(planned.name) as NodeFiles
      return [
        planned.name,
        { planned, written: own, child: null, client: null, api: null, wanted: false, paused: false },
      ]
    }),
  )
  let closing = false

  const nodeOf = (name: string): ProcessNode => {
    const node = nodes.get(name)
    if (node === undefined) throw new CodedError('NODE_UNKNOWN', `no node ${name}`)
    return node
  }

  const watch = watchNodes({
    plan,
    traceFile: (name) => nodeOf(name).written.traceFile,
    observe: init.observe,
  })

  const isRunning = ({ child, wanted }: ProcessNode): boolean => child?.running() === true && wanted
  const tell = async (node: ProcessNode, orders: NodeOrders): Promise<void> => {
    if (node.client === null || node.paused) return
    const reason = await node.client.coerce(orders)
    if (reason !== null && isRunning(node) && !closing)
      throw new CodedError('COERCION', `${node.planned.name} does not obey: ${reason}`)
  }
  const coercion = createCoercions({ plan, tell: (name, orders) => tell(nodeOf(name), orders) })

  const ended = (node: ProcessNode, child: Child, exit: ChildExit): void => {
    const { name } = node.planned
    reaper.release(child.identity.pid)
    const expected = !node.wanted || closing
    emit({ kind: 'node-exited', target: name, ...exit, expected })
    if (expected) return
    const how = exit.signal === null ? `with code ${exit.code}` : `by ${exit.signal}`
    fail(`${name} ended ${how} without any fault asking for it; its log ends: ${lastWords(node.written)}`)
  }

  const spawn = async (node: ProcessNode): Promise<void> => {
    const { planned, written: files } = node
    const child = startChild({
      name: planned.name,
      ...programOf(init, planned, files),
      logFile: errorFile(files),
      readyWithinMs,
    })
    reaper.watch(child.identity)
    node.child = child
    node.wanted = true
    void child.exited.then((exit) => ended(node, child, exit))
    // Whoever shows another history serves nothing else.
    const { p2p, api = null } = (await child.ready) as { p2p: Address; api?: Address }
    relays.setTarget(planned.name, p2p)
    node.client?.close()
    node.client = api && nodeClient(api, intakeOf(planned))
    node.api = api
    node.paused = false
    if (api !== null) init.onApi(planned.name, api)
    await coercion.tellAgain(planned.name)
  }

  const endNode = async (name: string, end: (child: Child) => Promise<void>): Promise<void> => {
    const node = nodeOf(name)
    node.wanted = false
    if (node.child !== null) await end(node.child)
    node.client?.close()
    node.client = null
  }
  const kill = (name: string): Promise<void> =>
    endNode(name, async (child) => {
      child.signal('SIGKILL')
      await child.exited
    })

  void relays.closed.then(({ expected, detail }) => {
    reaper.release(relays.pid)
    if (!expected && !closing) fail(detail)
  })

  return {
    chainId: init.chainId,
    accounts: written?.accounts ?? [],
    links: init.links,
    coercion,
    start: async () => {
      const all = Promise.all(plan.nodes.map(({ name }) => spawn(nodeOf(name))))
      await Promise.race([all, aborted(init.signal)])
      await watch.untilReady(init.signal)
    },
    isFinal: watch.isFinal,
    leaders: watch.leaders,
    isRunning: (name) => isRunning(nodeOf(name)),
    kill,
    stop: (name) => endNode(name, (child) => child.end(graceMs)),
    wipe: async (name) => {
      await kill(name)
      rmSync(nodeOf(name).written.dataDir, { recursive: true, force: true })
    },
    pause: async (name) => {
      const node = nodeOf(name)
      node.paused = true
      node.child?.signal('SIGSTOP')
    },
    resume: async (name) => {
      const node = nodeOf(name)
      node.paused = false
      node.child?.signal('SIGCONT')
      await coercion.tellAgain(name)
    },
    seize: async (name) => {
      const copy = nodeOf(seizedName(name))
      await copyFrom(nodeOf(name), copy, ['physical'])
      if (!closing) await spawn(copy)
    },
    release: (name) => endNode(seizedName(name), (child) => child.end(graceMs)),
    showHistory: async (name, { keys, depth }) => {
      const [historian, owners] = [nodeOf(name), keys.map(nodeOf)]
      const source = owners
        .filter(({ written: { dataDir } }) => existsSync(join(dataDir, 'blocks')))
        .toSorted((a, b) => watch.heightOf(b.planned.name) - watch.heightOf(a.planned.name))[0]
      // No disk of theirs can be read.
      if (source === undefined) return
      await copyFrom(source, historian, ['blocks', 'physical'])
      writeHistoryOrders(historian.written.dataDir, {
        keys: owners.map((owner) => (owner.written as WrittenNode).validatorKeyFile),
        depth,
        farmers: farmersOf(plan.nodes).flatMap((farmer) => nodeOf(farmer.name).api ?? []),
      })
      if (!closing) await spawn(historian)
    },
    hideHistory: (name) => endNode(name, (child) => child.end(graceMs)),
    restart: async (name) => {
      const node = nodeOf(name)
      if (!closing && node.child?.running() !== true) await spawn(node)
    },
    submit: async (name, transactions): Promise<readonly SubmitAnswer[]> => {
      const { client } = nodeOf(name)
      if (client !== null) return client.submit(transactions)
      return transactions.map(() => ({ accepted: false, reason: 'node is down', reached: false }))
    },
    measures: async () => {
      const { lateness, loopLagMsMax, links } = await relays.stats()
      return {
        relayLatenessP50Ms: lateness.p50Ms,
        relayLatenessP99Ms: lateness.p99Ms,
        relayLatenessMaxMs: lateness.maxMs,
        relayLoopLagMsMax: loopLagMsMax,
        relayedBytes: links.reduce((sum, link) => sum + link.deliveredBytes, 0),
      }
    },
    close: async () => {
      closing = true
      watch.close()
      await Promise.all([...nodes.values()].map(({ child }) => child?.end(graceMs)))
      for (const { client } of nodes.values()) client?.close()
      await relays.stop()
      await reaper.close()
    },
  }
}

function copyFrom(owner: ProcessNode, copy: ProcessNode, stores: readonly string[]): Promise<void> {
  return copyStores({
    from: owner.written.dataDir,
    to: copy.written.dataDir,
    stores,
    freeze: () => owner.child?.signal('SIGSTOP'),
    thaw: () => owner.paused || owner.child?.signal('SIGCONT'),
  })
}

/** What a node's process runs. */
function programOf(
  { plan, main, farmerMain }: ProcessNetworkInit,
  planned: PlannedNode,
  { configFile }: NodeFiles,
): Pick<ChildOptions, 'env' | 'args' | 'niceness'> {
  return planned.role === 'farmer'
    ? {
        env: farmerEnvironment,
        args: [...farmerNodeFlags, farmerMain, '--config', configFile, ...byzantineFlags(plan, planned)],
        niceness: farmerNiceness,
      }
    : {
        env: validatorEnvironment,
        args: [...validatorNodeFlags, main, '--config', configFile, ...byzantineFlags(plan, planned)],
      }
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return signal.aborted ? Promise.resolve() : once(signal, 'abort')
}

/** What a node says when it cannot even write its log. */
function errorFile({ logFile }: NodeFiles): string {
  return `${logFile}.stderr`
}

function lastWords(files: NodeFiles): string {
  return readTail(errorFile(files), logTailBytes) || readTail(files.logFile, logTailBytes) || '(empty)'
}
