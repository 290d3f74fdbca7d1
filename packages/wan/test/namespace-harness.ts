import { setTimeout as sleep } from 'node:timers/promises'
import { connectRouter, type RouterClient, type WanChoice } from '@groundwork/wan/router'
import { monotonicMs } from '../src/timing/alarm.ts'
import { type Agent, startAgent } from './agent.ts'
import type { Channel, Message, WanHarness } from './conformance-harness.ts'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'
import { type NamespaceNetwork, namespaceNetwork } from './namespaces.ts'
import { type RouterProcess, startRouterProcess } from './router-process.ts'

/** Datagrams between processes in namespaces, through the router program with a real interpreter. */
export interface NamespaceHarness extends WanHarness {
  readonly network: NamespaceNetwork
  readonly router: RouterProcess
  readonly client: RouterClient
  /** From now on `lagMsMax` is about what comes. */
  forgetLag(): void
}

export async function namespaceHarness(wan: WanChoice): Promise<NamespaceHarness> {
  const network = namespaceNetwork(conformanceNodes.map(({ name }) => name))
  const agents = new Map(network.nodes.map((node) => [node.name, startAgent(node)]))
  const all = <T>(work: (agent: Agent) => Promise<T>): Promise<T[]> =>
    Promise.all([...agents.values()].map(work))
  let router: RouterProcess
  let client: RouterClient
  const endAgents = (): Promise<unknown> => all((agent) => agent.stop())
  try {
    router = await startRouterProcess(network, wan)
    client = await connectRouter({
      address: router.control,
      nodes: conformanceNodes,
      regions: conformanceRegions,
    })
  } catch (error) {
    await endAgents()
    network.close()
    throw error
  }
  const agentOf = (name: string): Agent => agents.get(name) as Agent
  let channels = 0
  return {
    network,
    router,
    client,
    table: client.table,
    now: monotonicMs,
    async pass(ms) {
      await sleep(ms)
      await all((agent) => agent.sync())
    },
    settle: () => client.settle(),
    open: (from, to) => openChannel(channels++, agentOf(from), agentOf(to)),
    forgetLag() {
      for (const agent of agents.values()) agent.tell({ kind: 'forget-lag' })
    },
    lagMsMax: () => Math.max(...[...agents.values()].map((agent) => agent.lagMsMax())),
    // Of IPv4 and UDP.
    headerBytes: 28,
    async damaged(node) {
      await agentOf(node).sync()
      return agentOf(node).damaged()
    },
    async close() {
      await router.stop()
      await endAgents()
      network.close()
    },
  }
}

/** One network for all tests of a file, each with links as at the start: its processes take a second or more to start. */
export function sharedNamespaces(wan: WanChoice): { use(): Promise<WanHarness>; end(): Promise<void> } {
  let started: Promise<NamespaceHarness> | null = null
  return {
    async use() {
      started ??= namespaceHarness(wan)
      const harness = await started
      harness.forgetLag()
      return {
        ...harness,
        async close() {
          harness.table.removeAll()
          await harness.settle()
        },
      }
    },
    end: async () => (await started)?.close(),
  }
}

function openChannel(number: number, from: Agent, to: Agent): Channel {
  let refused = false
  const there = lane()
  const back = lane()
  from.listen(number, {
    sent: there.sent,
    arrived: back.arrived,
    refused() {
      refused = true
    },
  })
  to.listen(number, { sent: back.sent, arrived: there.arrived, refused() {} })
  const open = async (agent: Agent): Promise<number> => {
    const report = await agent.ask({ kind: 'open', channel: number })
    return report.kind === 'opened' ? report.port : 0
  }
  const ready = (async () => {
    const [own, other] = await Promise.all([open(from), open(to)])
    await Promise.all([
      from.ask({ kind: 'peer', channel: number, address: to.address, port: other }),
      to.ask({ kind: 'peer', channel: number, address: from.address, port: own }),
    ])
  })()
  const send = async (agent: Agent, message: number, bytes: number): Promise<void> => {
    await ready
    agent.tell({ kind: 'send', channel: number, message, bytes })
  }
  return {
    ready,
    send: (bytes) => void send(from, there.add(), bytes),
    reply: (bytes) => void send(to, back.add(), bytes),
    sent: there.messages,
    replies: back.messages,
    refused: () => refused,
  }
}

interface Lane {
  readonly messages: readonly Message[]
  /** The number of a message that is about to be sent. */
  add(): number
  sent(message: number, ms: number): void
  arrived(message: number, ms: number): void
}

function lane(): Lane {
  const messages: { sentMs: number; arrivedMs: number | null; copies: number }[] = []
  const at = (message: number) => messages[message] as (typeof messages)[number]
  return {
    messages,
    add: () => messages.push({ sentMs: monotonicMs(), arrivedMs: null, copies: 0 }) - 1,
    sent(message, ms) {
      at(message).sentMs = ms
    },
    arrived(message, ms) {
      at(message).arrivedMs ??= ms
      at(message).copies++
    },
  }
}
