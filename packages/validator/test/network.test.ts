import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  defaultParameters,
  deriveGenesisOf,
  formatGenesis,
  formatPhysicalGenesis,
  parseGenesis,
  parsePhysicalGenesis,
} from '@groundwork/genesis'
import { hybridProfiles } from '@groundwork/hybrid-core'
import { physicalProfiles } from '@groundwork/physical-core'
import { keyPair, toHex } from '@groundwork/primitives'
import { readKeyFile } from '@groundwork/program'
import { afterAll, expect, it } from 'vitest'
import { loadConfig } from '../src/config.ts'
import { type NetworkInit, type WrittenNetwork, writeNetwork } from '../src/network.ts'

const root = mkdtempSync(join(tmpdir(), 'groundwork-network-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const labels = { region: 'Ireland', cloud: 'A', jurisdiction: 'EU', entity: 'one' }
let written = 0

function write(change: Partial<NetworkInit> = {}): { dir: string; network: WrittenNetwork } {
  const dir = join(root, `${written++}`)
  const network = writeNetwork({
    dir,
    chain: 'test',
    seed: 7,
    nodes: [
      { name: 'v1', validator: 0, weight: 1, labels },
      { name: 'v2', validator: 1, weight: 5, labels },
      { name: 'v1-twin', validator: 0, weight: 1, labels },
    ],
    accounts: { count: 2, balance: 100n },
    parameters: defaultParameters,
    connect: (from, to) => ({ host: '127.0.0.1', port: 20_000 + to.length, dial: from < to }),
    ...change,
  })
  return { dir, network }
}

it('writes files that a node and a genesis reader take', () => {
  const { network } = write()
  const genesis = parseGenesis(readFileSync(network.genesisFile, 'utf8'))
  expect(genesis).toEqual(network.genesis)
  expect(genesis.validators.map(({ name, weight }) => [name, weight])).toEqual([
    ['v1', 1],
    ['v2', 5],
  ])
  expect(genesis.accounts.map(({ publicKey }) => publicKey)).toEqual(
    network.accounts.map(({ publicKey }) => publicKey),
  )
  for (const node of network.nodes) {
    const config = loadConfig({ file: node.configFile, flags: {}, environment: {} })
    expect(config).toMatchObject({ name: node.name, dataDir: node.dataDir, trace: node.traceFile })
    const key = readKeyFile(config.validatorKey, 'validator')
    expect(key.publicKey).toEqual(genesis.validators[node.validator]!.publicKey)
    expect(() => readKeyFile(config.networkKey, 'validator')).toThrow(
      'a network key where a validator key is needed',
    )
    expect(statSync(config.validatorKey).mode & 0o077).toBe(0)
    const others = network.nodes.filter(({ name }) => name !== node.name)
    expect(config.peers.map(({ name, peerId }) => [name, peerId])).toEqual(
      others.map(({ name, peerId }) => [name, peerId]),
    )
  }
})

it('gives twins one validator key and two identities in the network', () => {
  const { network } = write()
  const [v1, v2, twin] = network.nodes
  const key = (file: string) =>
    JSON.parse(readFileSync(join(file, '..', 'validator-key.json'), 'utf8')).publicKey
  expect(key(twin!.configFile)).toBe(key(v1!.configFile))
  expect(key(v2!.configFile)).not.toBe(key(v1!.configFile))
  expect(new Set(network.nodes.map(({ peerId }) => peerId)).size).toBe(3)
})

it('is a function of its seed', () => {
  const content = (dir: string) =>
    (readdirSync(dir, { recursive: true, encoding: 'utf8' }) as string[])
      .filter((path) => path.endsWith('.json'))
      .sort()
      .map((path) => [path, readFileSync(join(dir, path), 'utf8')])
  expect(content(write().dir)).toEqual(content(write().dir))
  const secrets = (seed: number) => write({ seed }).network.accounts.map(({ secretKey }) => toHex(secretKey))
  expect(secrets(7).filter((secret) => secrets(8).includes(secret))).toEqual([])
  expect(formatGenesis(write({ seed: 8 }).network.genesis)).not.toBe(formatGenesis(write().network.genesis))
})

it('says in every key file that the key is no secret', () => {
  const { network } = write()
  for (const { configFile } of network.nodes) {
    for (const file of ['validator-key.json', 'network-key.json']) {
      expect(JSON.parse(readFileSync(join(configFile, '..', file), 'utf8')).note).toMatch(/not secret/)
    }
  }
})

it('refuses a network in which nobody or both dial', () => {
  const connect = () => ({ host: 'h', port: 1, dial: true })
  expect(() => write({ connect })).toThrow('exactly one of v1 and v2 must dial')
})

it('in a hybrid network every validator dials every farmer, and the genesis names their chain', () => {
  const physical = parsePhysicalGenesis(
    formatPhysicalGenesis({
      chain: 'test',
      timeMs: 0,
      parameters: { ...physicalProfiles.ci, regionCapMilli: 1000 },
      regions: [{ name: 'here', maxRttUs: 1_000, minRttUs: [0] }],
      landmarks: [],
      plots: [{ farmer: keyPair(new Uint8Array(32).fill(1)).publicKey, index: 0, k: 16, region: 0 }],
    }),
  )
  const { network } = write({ hybrid: { parameters: hybridProfiles.ci, physical, farmers: ['f1', 'f2'] } })
  for (const { configFile } of network.nodes) {
    const config = loadConfig({ file: configFile, flags: {}, environment: {} })
    expect(config.physical?.farmers.map(({ name, port }) => [name, port])).toEqual([
      ['f1', 20_002],
      ['f2', 20_002],
    ])
    const genesis = parseGenesis(readFileSync(config.genesis, 'utf8'))
    const named = parsePhysicalGenesis(readFileSync(config.physical!.genesis, 'utf8'))
    expect(deriveGenesisOf(genesis, named).physicalGenesis).toEqual(genesis.hybrid?.physicalGenesis)
  }
})
