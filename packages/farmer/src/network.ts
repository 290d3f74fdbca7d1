import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatGenesis, formatPhysicalGenesis, type Genesis } from '@groundwork/genesis'
import {
  type GenesisPlot,
  type PhysicalGenesis,
  type PhysicalParameters,
  plotIdOf,
  type Region,
  withFittingDifficulty,
} from '@groundwork/physical-core'
import { assert, type Bytes, keyPair, toHex } from '@groundwork/primitives'
import { type Address, keyFile, type LogLevel, testbedKey, testbedKeyNote } from '@groundwork/program'
import { peerIdOf } from '@groundwork/transport-libp2p/peer-id'
import type { FarmerConfig } from './config.ts'

export interface FarmerNode {
  readonly name: string
  /** Where its plots claim to be. */
  readonly claims: string
  /** How many plots it has, with indices from 0. */
  readonly plots: number
  /** Of each plot; 0 under proof of work. */
  readonly k: number
  readonly timelord: boolean
  /** False: its plots are not in the genesis; it registers them when it runs. */
  readonly registered?: boolean
  /** A challenger by appointment, in this region. */
  readonly landmark?: string
  readonly clockOffsetMs?: number
}

/** The stake chain that the physical chain records: its validators dial the farmers. */
export interface StakePlan {
  readonly genesis: Genesis
  /** Names of their nodes. */
  readonly nodes: readonly string[]
}

/** A network of the physical chain as all its nodes know it. */
export interface FarmerPlan {
  readonly chain: string
  /** All keys follow from it. */
  readonly seed: number | string
  /** Start of slot 1, ms since 1970. */
  readonly timeMs: number
  /** The initial difficulty is set to fit the plots of the genesis. */
  readonly parameters: PhysicalParameters
  readonly regions: readonly Region[]
  readonly nodes: readonly FarmerNode[]
  /** Absent: nobody but farmers follows the chain. */
  readonly stake?: StakePlan
  /** Where `from` reaches `to`, and whether it is the one of the two that dials. */
  readonly connect: (from: string, to: string) => Address & { readonly dial: boolean }
  /** Where a node takes peers and serves its API; a free port of 127.0.0.1 if not said. */
  readonly listen?: (name: string) => Address
  readonly api?: (name: string) => Address
  /** Nodes stop when their standard input ends. */
  readonly exitWithParent?: boolean
  readonly logLevel?: LogLevel
}

export interface WrittenFarmer {
  readonly name: string
  readonly configFile: string
  readonly dataDir: string
  readonly plotDir: string
  readonly traceFile: string
  readonly logFile: string
  readonly peerId: string
  /** Ids of its plots, hexadecimal. */
  readonly plots: readonly string[]
}

export interface WrittenFarmers {
  readonly genesis: PhysicalGenesis
  readonly genesisFile: string
  readonly nodes: readonly WrittenFarmer[]
}

const genesisName = 'physical-genesis.json'
const stakeGenesisName = 'genesis.json'
const anyPort: Address = { host: '127.0.0.1', port: 0 }

/** Writes a whole network of farmers to disk: genesis, keys, configurations. Same seed, same keys. */
export function writeFarmers(plan: FarmerPlan & { readonly dir: string }): WrittenFarmers {
  const genesis = physicalGenesisOf(plan)
  mkdirSync(plan.dir, { recursive: true })
  const genesisFile = join(plan.dir, genesisName)
  writeFileSync(genesisFile, formatPhysicalGenesis(genesis))
  if (plan.stake !== undefined)
    writeFileSync(join(plan.dir, stakeGenesisName), formatGenesis(plan.stake.genesis))
  const nodes = plan.nodes.map((node) => writeNode(plan, node, join(plan.dir, node.name), '../'))
  return { genesis, genesisFile, nodes }
}

/** Writes the home of one farmer of a network, with a genesis file of its own, and nothing else. */
export function writeFarmerHome(plan: FarmerPlan, node: FarmerNode, dir: string): WrittenFarmer {
  mkdirSync(dir, { recursive: true })
  if (plan.stake !== undefined) writeFileSync(join(dir, stakeGenesisName), formatGenesis(plan.stake.genesis))
  const draft = join(dir, `${genesisName}.new`)
  writeFileSync(draft, formatPhysicalGenesis(physicalGenesisOf(plan)))
  renameSync(draft, join(dir, genesisName))
  return writeNode(plan, node, dir, '')
}

/** What all nodes agree on. Pure. Throws `PHYSICAL_PARAMETERS`. */
export function physicalGenesisOf(plan: FarmerPlan): PhysicalGenesis {
  const region = (name: string): number => {
    const index = plan.regions.findIndex((each) => each.name === name)
    assert(index >= 0, `no region ${name}`)
    return index
  }
  const plots = plan.nodes.flatMap((node): GenesisPlot[] => {
    if (node.registered === false) return []
    const farmer = farmerKeyOf(plan, node.name)
    return Array.from({ length: node.plots }, (_, index) => ({
      farmer,
      index,
      k: node.k,
      region: region(node.claims),
    }))
  })
  const landmarks = plan.nodes.flatMap(({ name, landmark }) =>
    landmark === undefined
      ? []
      : [{ publicKey: keyPair(testbedKey(plan.seed, 'landmark', name)).publicKey, region: region(landmark) }],
  )
  const { chain, timeMs, regions, parameters } = plan
  return withFittingDifficulty({ chain, timeMs, regions, parameters, landmarks, plots })
}

/** A farmer's public key. Pure. */
export function farmerKeyOf({ seed }: Pick<FarmerPlan, 'seed'>, name: string): Bytes {
  return keyPair(testbedKey(seed, 'farmer', name)).publicKey
}

function writeNode(plan: FarmerPlan, node: FarmerNode, dir: string, geneses: string): WrittenFarmer {
  const { name } = node
  mkdirSync(dir, { recursive: true })
  const hasPlots = node.plots > 0
  const config: FarmerConfig = {
    version: 1,
    name,
    region: node.claims,
    genesis: `${geneses}${genesisName}`,
    stakeGenesis: plan.stake === undefined ? null : `${geneses}${stakeGenesisName}`,
    farmerKey: hasPlots ? 'farmer-key.json' : null,
    landmarkKey: node.landmark === undefined ? null : 'landmark-key.json',
    networkKey: 'network-key.json',
    dataDir: 'data',
    plotDir: 'plots',
    plots: Array.from({ length: node.plots }, (_, index) => ({ index, k: node.k })),
    timelord: node.timelord,
    timelordRank: Math.max(0, plan.nodes.filter(({ timelord }) => timelord).indexOf(node)),
    hashesPerSlot: 256,
    clockOffsetMs: node.clockOffsetMs ?? 0,
    listen: plan.listen?.(name) ?? anyPort,
    api: plan.api?.(name) ?? anyPort,
    peers: peersOf(plan, name),
    trace: 'events.jsonl',
    exitWithParent: plan.exitWithParent ?? false,
    logLevel: plan.logLevel ?? 'info',
    logFile: 'node.log',
  }
  const write = (file: string, content: unknown, mode: number) =>
    writeFileSync(join(dir, file), `${JSON.stringify(content, null, 2)}\n`, { mode })
  const farmerKey = testbedKey(plan.seed, 'farmer', name)
  write('config.json', config, 0o644)
  write('network-key.json', keyFile('network', networkKey(plan, name), testbedKeyNote), 0o600)
  if (hasPlots) write('farmer-key.json', keyFile('farmer', farmerKey, testbedKeyNote), 0o600)
  if (node.landmark !== undefined) {
    const landmarkKey = testbedKey(plan.seed, 'landmark', name)
    write('landmark-key.json', keyFile('landmark', landmarkKey, testbedKeyNote), 0o600)
  }
  const { publicKey } = keyPair(farmerKey)
  return {
    name,
    configFile: join(dir, 'config.json'),
    dataDir: join(dir, 'data'),
    plotDir: join(dir, 'plots'),
    traceFile: join(dir, 'events.jsonl'),
    logFile: join(dir, 'node.log'),
    peerId: peerIdOf(networkKey(plan, name)),
    plots: config.plots.map((_, index) => toHex(plotIdOf(publicKey, index))),
  }
}

/** Of two farmers one dials; validators dial farmers. */
function peersOf(plan: FarmerPlan, name: string): FarmerConfig['peers'] {
  const peer = (other: string, dial: boolean) => {
    const { host, port } = plan.connect(name, other)
    return { name: other, peerId: peerIdOf(networkKey(plan, other)), host, port, dial }
  }
  const farmers = plan.nodes.flatMap((other) => {
    if (other.name === name) return []
    const { dial } = plan.connect(name, other.name)
    assert(dial !== plan.connect(other.name, name).dial, `exactly one of ${name} and ${other.name} must dial`)
    return [peer(other.name, dial)]
  })
  return [...farmers, ...(plan.stake?.nodes ?? []).map((other) => peer(other, false))]
}

function networkKey({ seed }: FarmerPlan, name: string): Uint8Array {
  return testbedKey(seed, 'network', name)
}
