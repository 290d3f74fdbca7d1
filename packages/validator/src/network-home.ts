import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { formatGenesis } from '@groundwork/genesis'
import { CodedError } from '@groundwork/primitives'
import { type Address, describe, readJson, readText } from '@groundwork/program'
import type { Parameters } from '@groundwork/stake-core'
import * as z from 'zod'
import { genesisOf, type NetworkPlan, type WrittenNode, writeHome } from './network.ts'

const whole = z.number().int().min(0)
const port = whole.max(65_535)
const label = z.string()

/** What a node needs of a network file, version 1; the file holds more, for other programs. */
const networkFileSchema = z.object({
  version: z.literal(1, 'unknown version, expected 1'),
  chain: z.string().min(1),
  accounts: z.object({ count: whole.max(100_000), balance: z.string().regex(/^\d{1,20}$/) }),
  parameters: z.record(z.string(), whole),
  ports: z.object({ p2p: port, node: port }),
  plan: z.object({
    seed: whole,
    nodes: z
      .array(
        z.object({
          name: z.string().min(1).max(64),
          role: label.default('validator'),
          // A farmer has none.
          validator: whole.default(0),
          weight: z.number().int().min(1).default(1),
          labels: z.object({ region: label, cloud: label, jurisdiction: label, entity: label }),
        }),
      )
      .min(1)
      .max(1_000),
  }),
  layout: z.object({
    nodes: z.array(z.object({ name: z.string(), address: z.ipv4(), control: z.ipv4() })),
  }),
})

/** Throws a CodedError `NETWORK_*`, one line. */
export function readNetworkPlan(file: string): NetworkPlan {
  return networkPlan(readJson(file, 'NETWORK'), file)
}

/** The network of a network file's content. Throws a CodedError `NETWORK_INVALID`, one line that begins with `shown`. */
export function networkPlan(content: unknown, shown: string): NetworkPlan {
  const parsed = networkFileSchema.safeParse(content)
  if (!parsed.success) throw new CodedError('NETWORK_INVALID', `${shown}: ${describe(parsed.error)}`)
  const { chain, accounts, parameters, plan, layout, ports } = parsed.data
  const places = new Map(layout.nodes.map((place) => [place.name, place]))
  const order = new Map(plan.nodes.map(({ name }, i) => [name, i]))
  const lost = plan.nodes.find(({ name }) => !places.has(name))
  if (lost !== undefined || order.size !== plan.nodes.length || order.size !== places.size) {
    throw new CodedError(
      'NETWORK_INVALID',
      `${shown}: layout.nodes and plan.nodes do not name the same nodes`,
    )
  }
  const place = (name: string) => places.get(name) as (typeof layout.nodes)[number]
  const p2p = (name: string): Address => ({ host: place(name).address, port: ports.p2p })
  return {
    chain,
    seed: plan.seed,
    nodes: plan.nodes.filter(({ role }) => role !== 'farmer'),
    accounts: { count: accounts.count, balance: BigInt(accounts.balance) },
    // The genesis file is checked as a whole when the node reads it.
    parameters: parameters as unknown as Parameters,
    connect: (from, to) => ({
      ...p2p(to),
      dial: (order.get(from) as number) < (order.get(to) as number),
    }),
    listen: p2p,
    api: (name) => ({ host: place(name).control, port: ports.node }),
  }
}

/**
 * Writes what a node of the network needs into its home and leaves its data alone: a node that comes back finds its journal
 * and its blocks. Throws a CodedError `NETWORK_NODE` for an unknown name, `NETWORK_HOME` for the home of another network.
 */
export function prepareHome(plan: NetworkPlan, name: string, home: string): WrittenNode {
  const node = plan.nodes.find((other) => other.name === name)
  if (node === undefined) {
    const known = plan.nodes.map((other) => other.name).join(', ')
    throw new CodedError(
      'NETWORK_NODE',
      `--name ${name}: no such node in the network file (there are ${known})`,
    )
  }
  const genesisFile = join(home, 'genesis.json')
  if (existsSync(genesisFile) && readText(genesisFile, 'NETWORK') !== formatGenesis(genesisOf(plan))) {
    throw new CodedError(
      'NETWORK_HOME',
      `--home ${home}: holds a node of another network; remove what is in it, or give this one another home`,
    )
  }
  try {
    return writeHome(plan, node, home)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new CodedError('NETWORK_HOME', `--home ${home}: cannot write there (${code})`)
  }
}
