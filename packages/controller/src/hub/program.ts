import type { Server } from 'node:http'
import { parseArgs } from 'node:util'
import { CodedError } from '@groundwork/primitives'
import type { Capabilities } from '@groundwork/wan'
import type { WanAnswer } from '@groundwork/wan/router'
import { serve } from '@hono/node-server'
import { stateInContainer } from '../docker/compose.ts'
import {
  machineNamed,
  type NetworkFile,
  networkFileInContainer,
  readNetworkFile,
} from '../docker/network-file.ts'
import { createHubApi } from './api.ts'
import { linkFaults } from './link-faults.ts'
import { nodeViews } from './node-views.ts'
import { routerLinks } from './router-links.ts'
import { settle } from './settled.ts'
import { type Upstream, upstream } from './upstream.ts'

const readTimeoutMs = 2500
/** The router answers when a change is in force, and a change of all links takes netem a while. */
const routerTimeoutMs = 20_000

/** The controller's API inside the network of containers, until SIGTERM. It has no Docker socket and no capability. */
export async function runHub(args: readonly string[]): Promise<void> {
  let file: NetworkFile
  let elsewhere: ReadonlySet<string>
  let listen: { host: string; port: number }
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        network: { type: 'string', default: networkFileInContainer },
        machine: { type: 'string', default: process.env.GROUNDWORK_MACHINE ?? '' },
        host: { type: 'string', default: '0.0.0.0' },
        port: { type: 'string' },
        state: { type: 'string', default: stateInContainer },
      },
    })
    file = readNetworkFile(values.network)
    const machine = machineNamed(file, values.machine === '' ? null : values.machine)
    const here = machine?.nodes ?? file.plan.nodes.map(({ name }) => name)
    elsewhere = new Set(file.plan.nodes.map(({ name }) => name).filter((name) => !here.includes(name)))
    file = settle(file, values.state, Date.now())
    listen = { host: values.host, port: Number(values.port ?? file.ports.controller) }
  } catch (error) {
    say(error)
    process.exit(64)
  }
  const { layout, ports, plan } = file
  const nodes = new Map<string, Upstream>(
    layout.nodes
      .filter(({ name }) => !elsewhere.has(name))
      .map(({ name, control }) => [
        name,
        upstream({ address: { host: control, port: ports.node }, timeoutMs: readTimeoutMs }),
      ]),
  )
  const router = upstream({
    address: { host: layout.control.router, port: ports.router },
    timeoutMs: routerTimeoutMs,
    readTimeoutMs,
  })
  const own = plan.nodes.filter(({ name }) => nodes.has(name))
  const views = nodeViews(own, (name) => nodes.get(name) as Upstream)
  const faults = linkFaults({
    nodes: plan.nodes,
    links: routerLinks(router),
    router: async () => answering((await router.json('/v1/wan')) as WanAnswer | null),
    leaders: async () => {
      await views.refresh()
      return views.leaders()
    },
    onError: say,
  })
  const app = createHubApi({
    file,
    views,
    faults,
    router,
    nodeNamed: (name) => nodes.get(name),
    onError: say,
  })
  const server = serve({ fetch: app.fetch, hostname: listen.host, port: listen.port }, ({ port }) => {
    process.stdout.write(`${JSON.stringify({ ready: true, host: listen.host, port })}\n`)
  }) as Server
  server.requestTimeout = 30_000
  server.maxConnections = 512
  server.on('error', (error) => {
    say(error)
    process.exit(1)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      server.close()
      server.closeAllConnections()
      process.exit(0)
    })
  }
}

function answering(wan: WanAnswer | null): { instance: string; capabilities: Capabilities } {
  if (wan === null) throw new CodedError('ROUTER', 'the router does not answer')
  const { interpreter, oneWay, properties, cuts } = wan.capabilities
  const capabilities = { interpreter, oneWay, properties: new Set(properties), cuts: new Set(cuts) }
  return { instance: wan.instance, capabilities: capabilities as Capabilities }
}

function say(error: unknown): void {
  process.stderr.write(
    `controller: ${(error instanceof Error ? error.message : `${error}`).split('\n', 1)[0]}\n`,
  )
}
