import { join } from 'node:path'
import { formatGenesis, parseGenesis, parsePhysicalGenesis } from '@groundwork/genesis'
import { CodedError } from '@groundwork/primitives'
import {
  describe,
  networkFilePieces,
  nodeNamed,
  placesOf,
  readJson,
  settledContent,
  settleHome,
} from '@groundwork/program'
import type { Parameters } from '@groundwork/stake-core'
import * as z from 'zod'
import { genesisOf, type HybridPlan, type NetworkPlan, type WrittenNode, writeHome } from './network.ts'

const whole = z.number().int().min(0)
const label = z.string()

const node = z.object({
  name: z.string().min(1).max(64),
  role: label.default('validator'),
  // A farmer has none.
  validator: whole.default(0),
  weight: z.number().int().min(1).default(1),
  labels: z.object({ region: label, cloud: label, jurisdiction: label, entity: label }),
})

/** What a node needs of a network file, version 1; the file holds more, for other programs. */
const networkFileSchema = z.object({
  ...networkFilePieces,
  accounts: z.object({ count: whole.max(100_000), balance: z.string().regex(/^\d{1,20}$/) }),
  parameters: z.record(z.string(), whole),
  plan: z.object({
    seed: whole,
    nodes: z.array(node).min(1).max(1_000),
  }),
  /** Nodes that begin later, with keys of others. */
  seized: z.array(node).max(1_000).default([]),
})

/** What a network file leaves open is asked for once and kept in the home. Throws a CodedError `NETWORK_*`, one line. */
export async function readNetworkPlan(file: string, home: string): Promise<NetworkPlan> {
  const content = readJson(file, 'NETWORK')
  return networkPlan(await settledContent({ content, shown: file, home, for: 'hybrid' }), file)
}

/** The network of a network file's content. Throws a CodedError `NETWORK_INVALID`, one line that begins with `shown`. */
export function networkPlan(content: unknown, shown: string): NetworkPlan {
  const parsed = networkFileSchema.safeParse(content)
  if (!parsed.success) throw new CodedError('NETWORK_INVALID', `${shown}: ${describe(parsed.error)}`)
  const { chain, accounts, parameters, plan, seized, layout, ports, hybrid } = parsed.data
  const nodes = [...plan.nodes, ...seized]
  const names = nodes.map(({ name }) => name)
  const farmers = plan.nodes.flatMap(({ name, role }) => (role === 'farmer' ? [name] : []))
  return {
    chain,
    seed: plan.seed,
    nodes: nodes.filter(({ role }) => role !== 'farmer'),
    accounts: { count: accounts.count, balance: BigInt(accounts.balance) },
    // The genesis file is checked as a whole when the node reads it.
    parameters: parameters as unknown as Parameters,
    ...(hybrid && { hybrid: hybridPlan(hybrid, farmers, shown) }),
    ...placesOf(shown, names, layout, ports),
  }
}

/** The hybrid section's parameters are checked against the physical chain when the node starts. */
function hybridPlan(
  files: { readonly genesis?: unknown; readonly physicalGenesis?: unknown },
  farmers: readonly string[],
  shown: string,
): HybridPlan {
  const { hybrid } = parseGenesis(JSON.stringify(files.genesis ?? null))
  if (hybrid === undefined)
    throw new CodedError('NETWORK_INVALID', `${shown}: hybrid.genesis: expected a hybrid section, found none`)
  const physical = parsePhysicalGenesis(JSON.stringify(files.physicalGenesis ?? null))
  return { parameters: hybrid.parameters, physical, farmers }
}

/**
 * Writes what a node of the network needs into its home and leaves its data alone: a node that comes back finds its journal
 * and its blocks. Throws a CodedError `NETWORK_NODE` for an unknown name, `NETWORK_HOME` for the home of another network.
 */
export function prepareHome(plan: NetworkPlan, name: string, home: string): WrittenNode {
  const node = nodeNamed(plan.nodes, name, 'node')
  const genesis = { file: join(home, 'genesis.json'), content: formatGenesis(genesisOf(plan)) }
  return settleHome(home, genesis, () => writeHome(plan, node, home))
}
