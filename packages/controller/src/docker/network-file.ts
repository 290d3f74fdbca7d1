import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { farmerPlan, physicalGenesisOf } from '@groundwork/farmer'
import { defaultParameters, formatGenesis, formatPhysicalGenesis } from '@groundwork/genesis'
import { CodedError } from '@groundwork/primitives'
import { accountLayout, type Plan, type PlannedNode, type PlannedValidator } from '@groundwork/scenario'
import { genesisOf, type HybridPlan, networkPlan } from '@groundwork/validator'
import * as z from 'zod'
import { type Layout, layoutOf, ports } from './layout.ts'

/** Where every container finds its network file, read-only. */
export const networkFileInContainer = '/etc/groundwork/network.json'

/**
 * Everything that the programs in containers need to know to start, in one file, the same for all of them (version 1):
 * a node writes its own home from it, the router its link table, the controller its observers.
 */
export interface NetworkFile {
  readonly version: 1
  /** The chain's name. */
  readonly chain: string
  readonly accounts: {
    readonly count: number
    /** What each holds at first, in decimal digits. */
    readonly balance: string
  }
  /** Of the consensus core; those that the plan leaves open have their defaults. */
  readonly parameters: typeof defaultParameters
  /** Start of slot 1 of the physical chain, ms since 1970, with farmers; absent: the controller settles it at the first start. */
  readonly physicalTimeMs?: number
  /** Only with ledger `hybrid`: a node needs the genesis of the chain that is not its own, too. */
  readonly hybrid?: HybridFiles
  readonly plan: Plan
  /** Processes that whoever runs the plan's timeline begins with seized keys; placed after its nodes. Absent: none. */
  readonly seized?: readonly PlannedValidator[]
  readonly layout: Layout
  readonly ports: typeof ports
  /** Empty if everything runs on one machine. */
  readonly machines: readonly Machine[]
}

/** Contents of the genesis files of both chains. */
export interface HybridFiles {
  readonly version: 1
  readonly genesis: unknown
  readonly physicalGenesis: unknown
}

/** One of several machines with a Docker daemon, and what runs there. */
export interface Machine {
  readonly name: string
  /** Where the routers of the other machines reach its router: a host and a published UDP port. */
  readonly host: string
  readonly port: number
  /** Names of the nodes that run there. */
  readonly nodes: readonly string[]
}

export interface NetworkFileInit {
  readonly plan: Plan
  /** None where nobody runs the timeline, which is the default. */
  readonly seized?: readonly PlannedValidator[]
  /** Needed with farmers on several machines, which have a controller each. */
  readonly physicalTimeMs?: number
  readonly project?: string
  readonly subnet?: string
  readonly machines?: readonly Machine[]
}

const initialBalance = '1000000000'

/** Pure. Throws a CodedError `USAGE_LAYOUT` or `USAGE_MACHINES`, one line. */
export function networkFile({
  plan,
  seized = [],
  physicalTimeMs,
  project,
  subnet,
  machines = [],
}: NetworkFileInit): NetworkFile {
  const nodes = nodesIn({ plan, seized }).map(({ name }) => name)
  checkMachines(machines, nodes)
  if (machines.length > 0 && plan.physical !== undefined && physicalTimeMs === undefined) {
    throw new CodedError(
      'USAGE_MACHINES',
      'machines: farmers on several machines have to be told the same start of the first slot (--first-slot)',
    )
  }
  const file: NetworkFile = {
    version: 1,
    // The seed is part of the chain's name, so that it decides on the order of leaders too.
    chain: `${plan.scenario}-${plan.seed}`,
    accounts: { count: accountLayout(plan).total, balance: initialBalance },
    parameters: { ...defaultParameters, ...plan.parameters },
    plan,
    ...(seized.length > 0 && { seized }),
    layout: layoutOf({
      nodes,
      ...(project === undefined ? {} : { project }),
      ...(subnet === undefined ? {} : { subnet }),
    }),
    ports,
    machines,
  }
  return physicalTimeMs === undefined || plan.physical === undefined
    ? file
    : withFirstSlot(file, physicalTimeMs)
}

/** Everybody who has a place in the layout. */
export function nodesIn({ plan, seized = [] }: Pick<NetworkFile, 'plan' | 'seized'>): readonly PlannedNode[] {
  return [...plan.nodes, ...seized]
}

/** A file with the start of the first slot, and with what follows from it. Pure. */
export function withFirstSlot(file: NetworkFile, physicalTimeMs: number): NetworkFile {
  const settled = { ...file, physicalTimeMs }
  const { hybrid } = file.plan
  return hybrid === undefined ? settled : { ...settled, hybrid: hybridFiles(settled, hybrid.parameters) }
}

function hybridFiles(file: NetworkFile, parameters: HybridPlan['parameters']): HybridFiles {
  const farm = farmerPlan(file, 'network file')
  const physical = physicalGenesisOf(farm)
  const farmers = farm.nodes.map(({ name }) => name)
  const stake = { ...networkPlan(file, 'network file'), hybrid: { parameters, physical, farmers } }
  return {
    version: 1,
    genesis: JSON.parse(formatGenesis(genesisOf(stake))),
    physicalGenesis: JSON.parse(formatPhysicalGenesis(physical)),
  }
}

export function formatNetworkFile(file: NetworkFile): string {
  return `${JSON.stringify(file, null, 2)}\n`
}

/** Throws a CodedError `NETWORK_FILE`, one line that begins with `shown`. */
export function parseNetworkFile(text: string, shown: string): NetworkFile {
  const wrong = (message: string): CodedError => new CodedError('NETWORK_FILE', `${shown}: ${message}`)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw wrong(`not JSON: ${(error as Error).message.split('\n', 1)[0]}`)
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    throw wrong(`${issue?.path.join('.') || 'file'}: ${issue?.message.split('\n', 1)[0]}`)
  }
  const file = value as NetworkFile
  const { project, subnet } = file.layout
  const nodes = nodesIn(file).map(({ name }) => name)
  try {
    if (!isDeepStrictEqual(file.layout, layoutOf({ project, subnet, nodes }))) {
      throw wrong('layout: not that of the planned nodes; generate the file again')
    }
    checkMachines(file.machines, nodes)
  } catch (error) {
    if (!(error instanceof CodedError) || error.code === 'NETWORK_FILE') throw error
    throw wrong(error.message)
  }
  return file
}

/** Throws a CodedError `NETWORK_FILE`, one line. */
export function readNetworkFile(path: string): NetworkFile {
  try {
    return parseNetworkFile(readFileSync(path, 'utf8'), path)
  } catch (error) {
    if (error instanceof CodedError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw new CodedError(
      'NETWORK_FILE',
      `${path}: ${code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`}`,
    )
  }
}

/** The machine that a node runs on; null if there is only one. Throws for a machine that is not in the file. */
export function machineNamed({ machines }: NetworkFile, name: string | null): Machine | null {
  if (name === null && machines.length === 0) return null
  const found = machines.find((machine) => machine.name === name)
  if (found !== undefined) return found
  const known = machines.map((machine) => machine.name).join(', ')
  throw new CodedError(
    'USAGE_MACHINES',
    name === null
      ? `the network is spread over ${known}: say which machine this is`
      : `no machine "${name}"; ${known === '' ? 'the network has only one' : `there are ${known}`}`,
  )
}

function checkMachines(machines: readonly Machine[], nodes: readonly string[]): void {
  const wrong = (message: string): CodedError => new CodedError('USAGE_MACHINES', message)
  if (machines.length === 1) throw wrong('machines: one machine needs no list of machines')
  const placed = machines.flatMap((machine) => machine.nodes)
  const unknown = placed.find((name) => !nodes.includes(name))
  if (unknown !== undefined) throw wrong(`machines: no node "${unknown}" (the nodes are ${nodes.join(', ')})`)
  const twice = placed.find((name, i) => placed.indexOf(name) !== i)
  if (twice !== undefined) throw wrong(`machines: node ${twice} has two machines`)
  const homeless = machines.length === 0 ? undefined : nodes.find((name) => !placed.includes(name))
  if (homeless !== undefined) throw wrong(`machines: node ${homeless} has none`)
  const names = machines.map(({ name }) => name)
  const same = names.find((name, i) => names.indexOf(name) !== i)
  if (same !== undefined) throw wrong(`machines: two are named ${same}`)
}

const nonEmpty = z.string().min(1)
const whole = z.number().int().min(0)
const node = z.looseObject({
  name: nonEmpty,
  validator: whole.optional(),
  weight: z.number().int().min(1).optional(),
  labels: z.looseObject({ region: nonEmpty }),
})

/** The shape as far as a program relies on it before it could say what is wrong; the file is written by a program. */
const schema = z.looseObject({
  version: z.literal(1, 'unknown version, expected 1'),
  chain: nonEmpty,
  accounts: z.strictObject({ count: whole, balance: z.string().regex(/^\d{1,20}$/, 'expected digits') }),
  parameters: z.record(z.string(), whole),
  physicalTimeMs: whole.optional(),
  hybrid: z.looseObject({ version: z.literal(1, 'unknown version, expected 1') }).optional(),
  plan: z.looseObject({
    version: z.literal(1, 'unknown version, expected 1'),
    scenario: nonEmpty,
    seed: whole,
    nodes: z.array(node).min(1),
    timeline: z.array(z.unknown()),
    delays: z.record(z.string(), z.record(z.string(), z.number().min(0))),
  }),
  seized: z.array(node).optional(),
  layout: z.looseObject({ project: nonEmpty, subnet: nonEmpty }),
  ports: z.looseObject({ p2p: whole, node: whole, router: whole, controller: whole }),
  machines: z.array(
    z.strictObject({
      name: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, 'expected letters, digits, - and _, at most 40'),
      host: nonEmpty,
      port: z.number().int().min(1).max(65_535),
      nodes: z.array(nonEmpty),
    }),
  ),
})
