import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  formatGenesis,
  formatPhysicalGenesis,
  type Genesis,
  type HybridSection,
  type Labels,
  physicalGenesisHash,
} from '@groundwork/genesis'
import type { HybridParameters } from '@groundwork/hybrid-core'
import type { PhysicalGenesis } from '@groundwork/physical-core'
import { assert, type Bytes, type KeyPair, keyPair } from '@groundwork/primitives'
import { type Address, keyFile, testbedKey, testbedKeyNote } from '@groundwork/program'
import type { Parameters } from '@groundwork/stake-core'
import { peerIdOf } from '@groundwork/transport-libp2p/peer-id'
import type { Config } from './config.ts'

export interface NetworkNode {
  readonly name: string
  /** Position in the validator set; twins share it and everything that the set says of it. */
  readonly validator: number
  readonly weight: number
  readonly labels: Labels
}

export interface NetworkInit extends NetworkPlan {
  /** Filled with `genesis.json` and one folder a node. */
  readonly dir: string
}

/** The physical chain beside the stake chain: every validator dials every farmer. */
export interface HybridPlan {
  readonly parameters: HybridParameters
  readonly physical: PhysicalGenesis
  /** Their names. */
  readonly farmers: readonly string[]
}

/** A network as all its nodes know it; where they live on disk is another matter. */
export interface NetworkPlan {
  readonly chain: string
  /** All keys follow from it. */
  readonly seed: number | string
  readonly nodes: readonly NetworkNode[]
  /** How many accounts, and what each holds at first. */
  readonly accounts: { readonly count: number; readonly balance: bigint }
  readonly parameters: Parameters
  /** Absent: the stake chain alone. */
  readonly hybrid?: HybridPlan
  /** Where `from` reaches `to`, and whether it is the one of the two that dials. */
  readonly connect: (from: string, to: string) => Address & { readonly dial: boolean }
  /** Where a node takes peers and serves its API; a free port of 127.0.0.1 if not said. */
  readonly listen?: (name: string) => Address
  readonly api?: (name: string) => Address
  /** Nodes stop when their standard input ends. */
  readonly exitWithParent?: boolean
  readonly logLevel?: Config['logLevel']
}

export interface WrittenNode {
  readonly name: string
  readonly validator: number
  readonly configFile: string
  readonly validatorKeyFile: string
  readonly dataDir: string
  readonly traceFile: string
  readonly logFile: string
  readonly peerId: string
}

export interface WrittenNetwork {
  readonly genesis: Genesis
  readonly genesisFile: string
  readonly nodes: readonly WrittenNode[]
  /** Keys of the funded accounts. */
  readonly accounts: readonly KeyPair[]
}

const genesisName = 'genesis.json'
const physicalGenesisName = 'physical-genesis.json'
const anyPort: Address = { host: '127.0.0.1', port: 0 }

/** Writes a whole network to disk: genesis, keys, configurations. Same seed, same keys. */
export function writeNetwork(init: NetworkInit): WrittenNetwork {
  const genesis = genesisOf(init)
  mkdirSync(init.dir, { recursive: true })
  const genesisFile = join(init.dir, genesisName)
  writeFileSync(genesisFile, formatGenesis(genesis))
  if (init.hybrid !== undefined)
    writeFileSync(join(init.dir, physicalGenesisName), formatPhysicalGenesis(init.hybrid.physical))
  const peerIds = peerIdsOf(init)
  const nodes = init.nodes.map((node) => {
    const dir = join(init.dir, node.name)
    return writeNode(init, node, { dir, geneses: '../', peerIds })
  })
  return { genesis, genesisFile, nodes, accounts: accountsOf(init) }
}

/** Writes the home of one node of a network, with a genesis file of its own, and nothing else. */
export function writeHome(plan: NetworkPlan, node: NetworkNode, dir: string): WrittenNode {
  mkdirSync(dir, { recursive: true })
  // At once or not at all: later starts hold their network against it.
  const draft = join(dir, `${genesisName}.new`)
  if (plan.hybrid !== undefined)
    writeFileSync(join(dir, physicalGenesisName), formatPhysicalGenesis(plan.hybrid.physical))
  writeFileSync(draft, formatGenesis(genesisOf(plan)))
  renameSync(draft, join(dir, genesisName))
  return writeNode(plan, node, { dir, geneses: '', peerIds: peerIdsOf(plan) })
}

/** What all nodes of the network agree on. Pure. */
export function genesisOf(plan: NetworkPlan): Genesis {
  return {
    chain: plan.chain,
    validators: validatorsOf(plan),
    accounts: accountsOf(plan).map(({ publicKey }) => ({ publicKey, balance: plan.accounts.balance })),
    parameters: plan.parameters,
    ...(plan.hybrid && { hybrid: hybridSection(plan.hybrid) }),
  }
}

function hybridSection({ physical, parameters }: HybridPlan): HybridSection {
  return { physicalGenesis: physicalGenesisHash(physical), parameters }
}

/** The keys of the funded accounts. Pure. */
export function accountsOf({ seed, accounts }: Pick<NetworkPlan, 'seed' | 'accounts'>): readonly KeyPair[] {
  return Array.from({ length: accounts.count }, (_, i) => keyPair(testbedKey(seed, 'account', `${i}`)))
}

/** The public key of a validator, by its position in the set. Pure. */
export function validatorKeyOf({ seed }: Pick<NetworkPlan, 'seed'>, validator: number): Bytes {
  return keyPair(testbedKey(seed, 'validator', `${validator}`)).publicKey
}

function peerIdsOf(plan: NetworkPlan): ReadonlyMap<string, string> {
  return new Map(plan.nodes.map(({ name }) => [name, peerIdOf(networkKey(plan, name))]))
}

function validatorsOf({ nodes, seed }: NetworkPlan): Genesis['validators'] {
  const validators: Genesis['validators'][number][] = []
  for (const { name, validator, weight, labels } of nodes) {
    if (validators[validator] !== undefined) continue
    validators[validator] = { name, publicKey: validatorKeyOf({ seed }, validator), weight, labels }
  }
  assert(
    validators.every((entry) => entry !== undefined) && Object.keys(validators).length === validators.length,
    'the validator indices of a network count up from 0 without a gap',
  )
  return validators
}

interface HomeInit {
  readonly dir: string
  /** Where the genesis files are, as seen from the folder. */
  readonly geneses: string
  readonly peerIds: ReadonlyMap<string, string>
}

function writeNode(init: NetworkPlan, node: NetworkNode, home: HomeInit): WrittenNode {
  const { name, validator } = node
  const { dir, geneses, peerIds } = home
  mkdirSync(dir, { recursive: true })
  const others = init.nodes.filter((other) => other.name !== name)
  const config: Config = {
    version: 1,
    name,
    genesis: `${geneses}${genesisName}`,
    validatorKey: 'validator-key.json',
    networkKey: 'network-key.json',
    dataDir: 'data',
    listen: init.listen?.(name) ?? anyPort,
    api: init.api?.(name) ?? anyPort,
    peers: others.map((other) => {
      const { host, port, dial } = init.connect(name, other.name)
      assert(
        dial !== init.connect(other.name, name).dial,
        `exactly one of ${name} and ${other.name} must dial`,
      )
      return {
        name: other.name,
        validator: other.validator,
        peerId: peerIds.get(other.name) as string,
        host,
        port,
        dial,
      }
    }),
    physical: physicalSection(init, name, geneses),
    trace: 'events.jsonl',
    exitWithParent: init.exitWithParent ?? false,
    logLevel: init.logLevel ?? 'info',
    logFile: 'node.log',
  }
  const write = (file: string, content: unknown, mode: number) =>
    writeFileSync(join(dir, file), `${JSON.stringify(content, null, 2)}\n`, { mode })
  const validatorKey = testbedKey(init.seed, 'validator', `${validator}`)
  write('config.json', config, 0o644)
  write('validator-key.json', keyFile('validator', validatorKey, testbedKeyNote), 0o600)
  write('network-key.json', keyFile('network', networkKey(init, name), testbedKeyNote), 0o600)
  return {
    name,
    validator,
    configFile: join(dir, 'config.json'),
    validatorKeyFile: join(dir, config.validatorKey),
    dataDir: join(dir, 'data'),
    traceFile: join(dir, 'events.jsonl'),
    logFile: join(dir, 'node.log'),
    peerId: peerIds.get(name) as string,
  }
}

function physicalSection(
  { hybrid, seed, connect }: NetworkPlan,
  name: string,
  geneses: string,
): Config['physical'] {
  if (hybrid === undefined) return null
  const farmers = hybrid.farmers.map((farmer) => {
    const { host, port } = connect(name, farmer)
    return { name: farmer, peerId: peerIdOf(testbedKey(seed, 'network', farmer)), host, port }
  })
  return { genesis: `${geneses}${physicalGenesisName}`, farmers }
}

function networkKey({ seed }: NetworkPlan, name: string): Uint8Array {
  return testbedKey(seed, 'network', name)
}
