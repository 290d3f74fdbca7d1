import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { CodedError, type Hash, type KeyPair } from '@groundwork/primitives'
import { type Plan, processesOf, seizedName } from '@groundwork/scenario'
import type { TraceRecord } from '@groundwork/trace'
import type { WanAnswer } from '@groundwork/wan/router'
import { type Container, type Death, listContainers, watchDeaths } from '../docker/containers.ts'
import type { Engine, Stream } from '../docker/engine.ts'
import type { NetworkFile } from '../docker/network-file.ts'
import { inflict, type NodeVerb } from '../docker/node-verbs.ts'
import { type HubClient, hubClient } from '../hub/client.ts'
import { clockShift, sampleClock } from './clock.ts'
import type { LiveHooks, LiveNetwork } from './live.ts'
import { createCoercions, type NodeOrders } from './misbehaviour.ts'
import { type Address, intakeOf, type NodeClient, nodeClient } from './node-client.ts'
import { watchNodes } from './node-watch.ts'
import type { LinkControl, SubmitAnswer } from './runtime.ts'
import { copyStores } from './seized-chain.ts'

export interface DockerNetworkInit extends LiveHooks {
  readonly plan: Plan
  readonly engine: Engine
  readonly project: string
  readonly chainId: Hash
  readonly accounts: readonly KeyPair[]
  /** Creates all containers and starts those of the plan's nodes. Resolves to what they were told. */
  up(signal: AbortSignal): Promise<Pick<NetworkFile, 'layout' | 'ports'>>
  /** Removes all containers, networks and volumes. Idempotent. */
  down(): Promise<void>
  traceFile(node: string): string
  dataDir(node: string): string
  /** Of all containers. */
  readonly image: string
  /** The end of what a node or a program said, for an error message. */
  lastWords(container: Pick<Container, 'id' | 'node'>): Promise<string>
  /** Every record that a node wrote, soon after. */
  observe(record: TraceRecord): void
  /** How far the nodes' clock is ahead of ours, ms. */
  onClock(shiftMs: number): void
  /** The router answers, and says how it emulates links. */
  onWan(wan: WanAnswer): void
  /** Of the router and the API since the network was ready; what they said of themselves then and says now. */
  measure(before: WanSnapshot, now: WanSnapshot): Readonly<Record<string, number>>
}

/** What the router said of itself at some moment, and the CPU time of the API, ms. */
export interface WanSnapshot {
  readonly wan: WanAnswer | null
  readonly hubCpuMs: number
}

interface DockerNode {
  readonly name: string
  id: string
  running: boolean
  /** Frozen: it hears nothing. */
  paused: boolean
  /** Whether its end would be news. */
  wanted: boolean
  client: NodeClient | null
  /** Resolves at the next death. */
  died: PromiseWithResolvers<void>
}

const hubWithinMs = 45_000
const nodeWithinMs = 30_000
const pollMs = 100
const clockSamples = 5
const connectWithinMs = 1000
const deathWithinMs = 8000

/** One container per node, the router and the controller's API. Node faults are commands of the docker client. */
export function openDockerNetwork(init: DockerNetworkInit): LiveNetwork {
  const { plan, engine, project, emit, fail, signal } = init
  const nodes = new Map(
    processesOf(plan).map(({ name }): [string, DockerNode] => [
      name,
      {
        name,
        id: '',
        running: false,
        paused: false,
        wanted: false,
        client: null,
        died: Promise.withResolvers(),
      },
    ]),
  )
  const watch = watchNodes({ plan, traceFile: init.traceFile, observe: init.observe })
  let hub: HubClient | null = null
  let deaths: Stream | null = null
  let closing = false
  let before: WanSnapshot | null = null

  const nodeOf = (name: string): DockerNode => {
    const node = nodes.get(name)
    if (node === undefined) throw new CodedError('NODE_UNKNOWN', `no node ${name}`)
    return node
  }
  const theHub = (): HubClient => {
    if (hub === null) throw new CodedError('HUB', "the controller's API is not up yet")
    return hub
  }

  const explain = async (death: Death, what: string): Promise<void> => {
    const how = death.signal === null ? `with code ${death.code}` : `by ${death.signal}`
    const words = await init.lastWords(death).catch(() => '')
    fail(`${what} ended ${how} without any fault asking for it; its log ends: ${words || '(empty)'}`)
  }
  const onDeath = (death: Death): void => {
    const node = death.node === null ? undefined : nodes.get(death.node)
    if (node === undefined) {
      if (closing) return
      const what = death.role === 'router' ? 'the WAN router' : "the controller's container"
      void explain(death, what)
      return
    }
    const expected = !node.wanted || closing
    node.running = false
    node.died.resolve()
    emit({ kind: 'node-exited', target: node.name, code: death.code, signal: death.signal, expected })
    if (!expected) void explain(death, node.name)
  }

  const takeDown = async (name: string, verb: NodeVerb): Promise<void> => {
    const node = nodeOf(name)
    node.wanted = false
    if (!node.running) return
    const died = node.died.promise
    await inflict(engine, verb, { id: node.id, image: init.image, state: 'running' })
    const late = delay(deathWithinMs, 'late', { ref: false })
    if ((await Promise.race([died, late])) === 'late') {
      throw new CodedError(
        'DOCKER_FAILED',
        `Docker did not tell of the end of ${name} within ${deathWithinMs} ms`,
      )
    }
  }

  const alive = (node: DockerNode): void => {
    node.running = true
    node.paused = false
    node.wanted = true
    node.died = Promise.withResolvers()
  }
  const snapshot = async (): Promise<WanSnapshot> => {
    const answer = await theHub().network()
    return { wan: answer?.wan ?? null, hubCpuMs: answer?.cpuMs ?? 0 }
  }

  const links: LinkControl = {
    apply: (change) => theHub().links.apply(change),
    remove: (owner) => theHub().links.remove(owner),
  }

  const tell = async (node: DockerNode, orders: NodeOrders): Promise<void> => {
    if (node.client === null || !node.running || node.paused) return
    const reason = await node.client.coerce(orders)
    if (reason !== null && node.running && !closing)
      throw new CodedError('COERCION', `${node.name} does not obey: ${reason}`)
  }
  const coercion = createCoercions({ plan, tell: (name, orders) => tell(nodeOf(name), orders) })
  /** Resolves when it answers and knows its orders, or when it will not. */
  const begins = async (node: DockerNode): Promise<void> => {
    const answers = async (): Promise<true | null> => ((await theHub().nodeAnswers(node.name)) ? true : null)
    const died = node.died.promise.then(() => null)
    if ((await Promise.race([poll(answers, nodeWithinMs, signal), died])) !== null)
      await coercion.tellAgain(node.name)
  }

  const startContainer = async (node: DockerNode): Promise<void> => {
    if (closing || node.running) return
    alive(node)
    await engine.run(['start', node.id])
    await begins(node)
  }
  const freeze = async (node: DockerNode, isFrozen: boolean): Promise<void> => {
    if (node.running && !node.paused) await engine.run([isFrozen ? 'pause' : 'unpause', node.id])
  }

  return {
    chainId: init.chainId,
    accounts: init.accounts,
    links,
    coercion,
    seize: async (name) => {
      const [owner, copy] = [nodeOf(name), nodeOf(seizedName(name))]
      const [from, to] = [init.dataDir(owner.name), init.dataDir(copy.name)]
      await copyStores({
        from,
        to,
        stores: ['physical'],
        freeze: () => freeze(owner, true),
        thaw: () => freeze(owner, false),
      })
      await startContainer(copy)
    },
    release: (name) => takeDown(seizedName(name), 'stop'),
    showHistory: () =>
      Promise.reject(new CodedError('SCENARIO_UNSUPPORTED', 'no container shows another history')),
    hideHistory: async () => {},
    start: async () => {
      deaths = watchDeaths(engine, project, onDeath)
      void deaths.ended.then((error) => {
        if (error !== null && !closing) fail(`Docker's events ended: ${error.message}`)
      })
      for (const { name } of plan.nodes) alive(nodeOf(name))
      const { layout, ports } = await init.up(signal)
      const containers = await listContainers(engine, project)
      for (const { node, id } of containers) if (node !== null) nodeOf(node).id = id
      hub = await reachHub(containers, signal)
      if (hub === null) return
      init.onClock(clockShift(await sampleClock(hub.clockMs, clockSamples)))
      const hosts = new Map(layout.nodes.map(({ name, control }) => [name, control]))
      const addresses = plan.nodes.map(({ name }) => ({ host: hosts.get(name) as string, port: ports.node }))
      const direct = await reachable(addresses)
      for (const [i, node] of plan.nodes.entries()) {
        const intake = intakeOf(node)
        nodeOf(node.name).client = direct
          ? nodeClient(addresses[i] as Address, intake)
          : hub.node(node.name, intake)
      }
      const wan = await poll(() => theHub().wan(), hubWithinMs, signal)
      if (signal.aborted) return
      if (wan === null)
        throw new CodedError('NETWORK_START', `the WAN router did not answer within ${hubWithinMs / 1000} s`)
      init.onWan(wan)
      const told = [...nodes.values()].filter(({ name }) => coercion.ordersOf(name) !== null)
      await Promise.all(told.map(begins))
      await watch.untilReady(signal)
      if (!signal.aborted) before = await snapshot()
    },
    isFinal: watch.isFinal,
    leaders: watch.leaders,
    isRunning: (name) => nodeOf(name).running && nodeOf(name).wanted,
    kill: (name) => takeDown(name, 'kill'),
    stop: (name) => takeDown(name, 'stop'),
    wipe: (name) => takeDown(name, 'wipe'),
    pause: async (name) => {
      nodeOf(name).paused = true
      await engine.run(['pause', nodeOf(name).id])
    },
    resume: async (name) => {
      const node = nodeOf(name)
      await engine.run(['unpause', node.id])
      node.paused = false
      await coercion.tellAgain(node.name)
    },
    restart: (name) => startContainer(nodeOf(name)),
    submit: async (name, transactions): Promise<readonly SubmitAnswer[]> => {
      const { client, running } = nodeOf(name)
      if (client !== null && running) return client.submit(transactions)
      return transactions.map(() => ({ accepted: false, reason: 'node is down', reached: false }))
    },
    measures: async () => (before === null || hub === null ? {} : init.measure(before, await snapshot())),
    close: async () => {
      closing = true
      watch.close()
      for (const { client } of nodes.values()) client?.close()
      hub?.close()
      await init.down()
      deaths?.end()
    },
  }
}

/**
 * Whether this machine reaches the control network by itself, as it does where containers run on its own kernel: the way
 * through the API costs each transaction twice.
 */
async function reachable(addresses: readonly Address[]): Promise<boolean> {
  const answers = await Promise.all(addresses.map(connects))
  return answers.every((answer) => answer)
}

function connects({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    const end = (answer: boolean): void => {
      socket.destroy()
      resolve(answer)
    }
    // Refused: the host is there, its program not yet.
    socket.once('connect', () => end(true))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code === 'ECONNREFUSED'))
    socket.setTimeout(connectWithinMs, () => end(false))
  })
}

/** Asks until there is an answer (anything but null), the time is over or the signal aborts. */
async function poll<T>(
  ask: () => Promise<T | null>,
  withinMs: number,
  signal: AbortSignal,
): Promise<T | null> {
  const endMs = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== null || signal.aborted || performance.now() > endMs) return answer
    await delay(pollMs, undefined, { signal }).catch(() => {})
  }
}

/**
 * The API by its published port or, where a kernel without the tables for that publishes none, by the container's own
 * addresses. null if the signal aborts first.
 */
export async function reachHub(
  containers: readonly Container[],
  signal: AbortSignal,
): Promise<HubClient | null> {
  const ways = hubAddresses(containers)
  const clients = ways.map(hubClient)
  const answering = async (): Promise<HubClient | null> => {
    const answers = await Promise.all(clients.map((client) => client.healthy()))
    return clients.find((_, i) => answers[i]) ?? null
  }
  const found = await poll(answering, hubWithinMs, signal)
  for (const client of clients) if (client !== found) client.close()
  if (found !== null || signal.aborted) return found
  const tried = ways.map(({ host, port }) => `${host}:${port}`).join(', ')
  throw new CodedError(
    'NETWORK_START',
    `the controller's API did not answer within ${hubWithinMs / 1000} s (tried ${tried || 'nothing: it is not there'})`,
  )
}

const apiPort = 8080

/** The published one first. */
export function hubAddresses(containers: readonly Container[]): readonly Address[] {
  const found = containers.find(({ role }) => role === 'controller')
  if (found === undefined) return []
  const own = Object.values(found.addresses).filter((host) => host !== '')
  return [
    ...(found.published === null ? [] : [found.published]),
    ...own.map((host) => ({ host, port: apiPort })),
  ]
}
