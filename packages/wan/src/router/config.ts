import { readFileSync } from 'node:fs'
import { CodedError } from '@groundwork/primitives'
import * as z from 'zod'
import type { RegionDelays } from '../region-table.ts'
import type { FarNode, TunnelConfig } from './tunnel/tunnel.ts'

/** What a router is told of its network. */
export interface RouterConfig {
  readonly version: 1
  readonly nodes: readonly {
    readonly name: string
    readonly region: string
    /** IPv4; the node is alone with the router in a subnet of its own. */
    readonly address: string
    /** What the node sends to others through: the router adds it to itself. */
    readonly gateway: string
  }[]
  /** One-way, ms, by region. */
  readonly delays: RegionDelays
  /** Where the router's API listens. */
  readonly control: ControlAddress
  /** Of losses, jitter and other chance. */
  readonly seed: number
  /** Which nodes are on other machines, and how they are reached; nothing if none is. */
  readonly tunnel?: TunnelConfig
}

/** A TCP address, or a Unix socket: those work across network namespaces. */
export type ControlAddress = { readonly host: string; readonly port: number } | { readonly path: string }

/**
 * From the text of a RouterConfig, or of the network file that all programs in containers share; `machine`: which of
 * several this is. Throws a CodedError `router-config` of one line that begins with `shown`.
 */
export function parseRouterConfig(text: string, shown: string, machine: string | null = null): RouterConfig {
  const wrong = (message: string): CodedError => new CodedError('router-config', `${shown}: ${message}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw wrong(`not JSON: ${(error as Error).message.split('\n', 1)[0]}`)
  }
  const read = <T>(schema: z.ZodType<T>): T => {
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]
    throw wrong(`${issue?.path.join('.') || 'file'}: ${issue?.message.split('\n', 1)[0]}`)
  }
  if (typeof value !== 'object' || value === null || !('layout' in value)) return read(config)
  const { spread: isSpread, ...own } = read(networkFile.transform(fromNetworkFile))
  return isSpread || machine !== null ? { ...own, tunnel: read(spread.transform(tunnelOf(machine))) } : own
}

/** Throws a CodedError `router-config`, one line. */
export function readRouterConfig(path: string, machine: string | null = null): RouterConfig {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`
    throw new CodedError('router-config', `${path}: ${reason}`)
  }
  return parseRouterConfig(text, path, machine)
}

const version = z.literal(1, 'unknown version, expected 1')
const text = z.string().min(1)
const port = z.number().int().min(0).max(65_535)
const delays = z.record(z.string(), z.record(z.string(), z.number().min(0)))
const seed = z.number().int().min(0)

const config = z.object({
  version,
  nodes: z.array(z.object({ name: text, region: text, address: z.ipv4(), gateway: z.ipv4() })).min(2),
  delays,
  control: z.union([z.object({ host: text, port }), z.object({ path: text })]),
  seed,
})

const place = z.object({ name: text, address: z.ipv4(), gateway: z.ipv4() })

const node = z.object({ name: text, labels: z.object({ region: text }) })

/** As far as it concerns a router. */
const networkFile = z.object({
  version,
  plan: z.object({
    seed,
    nodes: z.array(node).min(2),
    delays,
  }),
  /** Nodes that begin later. */
  seized: z.array(node).default([]),
  layout: z.object({ nodes: z.array(place), control: z.object({ router: z.ipv4() }) }),
  ports: z.object({ router: port }),
  machines: z.array(z.unknown()).default([]),
})

/** What a router of one of several machines needs besides. */
const spread = z.object({
  layout: z.object({
    nodes: z.array(
      z.object({ name: text, number: z.number().int().min(1), subnet: z.cidrv4(), router: z.ipv4() }),
    ),
  }),
  ports: z.object({ tunnel: port }),
  machines: z.array(z.object({ name: text, host: text, port, nodes: z.array(text) })),
})

function fromNetworkFile(
  { plan, seized, layout, ports, machines }: z.output<typeof networkFile>,
  context: z.RefinementCtx,
): RouterConfig & { readonly spread: boolean } {
  const nodes = [...plan.nodes, ...seized].flatMap(({ name, labels: { region } }) => {
    const found = layout.nodes.find((other) => other.name === name)
    if (found !== undefined) return [{ name, region, address: found.address, gateway: found.gateway }]
    context.addIssue({ code: 'custom', path: ['layout', 'nodes'], message: `node ${name} has no place` })
    return []
  })
  const control = { host: layout.control.router, port: ports.router }
  return { version: 1, nodes, delays: plan.delays, control, seed: plan.seed, spread: machines.length > 0 }
}

const tunnelOf =
  (machine: string | null) =>
  ({ layout, ports, machines }: z.output<typeof spread>, context: z.RefinementCtx): TunnelConfig => {
    const own = machines.find(({ name }) => name === machine)
    if (own === undefined) {
      const known = machines.map(({ name }) => name).join(', ')
      const message = `say which of ${known} this is${machine === null ? '' : `, not ${machine}`}`
      context.addIssue({ code: 'custom', path: ['machines'], message })
    }
    const far = layout.nodes.flatMap(({ name, number, subnet, router }): FarNode[] => {
      const at = machines.find(({ nodes }) => nodes.includes(name))
      if (at === undefined || at === own) return []
      return [{ name, number, subnet, router, host: at.host, port: at.port }]
    })
    const here = layout.nodes.filter(({ name }) => own?.nodes.includes(name)).map(({ subnet }) => subnet)
    return { port: ports.tunnel, here, far }
  }
