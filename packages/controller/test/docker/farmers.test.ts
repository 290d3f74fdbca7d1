import { farmerPlan, physicalGenesisOf } from '@groundwork/farmer'
import { deriveGenesisOf } from '@groundwork/genesis'
import { genesisOf, networkPlan } from '@groundwork/validator'
import { expect, test } from 'vitest'
import { type ComposeInit, composeFile } from '../../src/docker/compose.ts'
import { composeDefaults, containers } from '../../src/docker/default-network.ts'
import {
  formatNetworkFile,
  type NetworkFile,
  networkFile,
  parseNetworkFile,
} from '../../src/docker/network-file.ts'
import { planFile } from '../../src/planning.ts'

const text = `
name: mixed
runtimes: [docker]
network:
  validators: 2
  physical: { farmers: { Ireland: 1, Mumbai: 1 }, plots: 1, overrides: { f2: { claims: Ireland, skew: 2s } } }
`
const plan = planFile({ text, shown: 'mixed.yaml' }, containers, 7)
const file = networkFile({ plan, physicalTimeMs: 1_700_000_000_000 })

test('one file serves validators and farmers, each with its own part of it', () => {
  const read = parseNetworkFile(formatNetworkFile(file), 'network.json')
  expect(networkPlan(read, 'network.json').nodes.map(({ name }) => name)).toEqual(['v1', 'v2'])
  const farmers = farmerPlan(read, 'network.json')
  expect(farmers.timeMs).toBe(1_700_000_000_000)
  expect(farmers.nodes).toMatchObject([
    { name: 'f1', claims: 'Ireland', plots: 1, k: 16, timelord: true, clockOffsetMs: 0 },
    { name: 'f2', claims: 'Ireland', plots: 1, k: 16, timelord: true, clockOffsetMs: 2000 },
  ])
  expect(farmers.parameters).toMatchObject({ slotMs: 250, kappa: 3, vdf: { squarings: 16_384 } })
})

const written = (network: NetworkFile, homes: ComposeInit['homes'] = { kind: 'volumes' }) =>
  composeFile({ ...composeDefaults, homes, file: network, networkFile: './network.json', build: null })

test('a farmer is a container like a validator, with another program, and stands back where cores are short', () => {
  const { services } = written(file)
  const common = ['--network', '/etc/groundwork/network.json', '--name', 'f1', '--home', '/node']
  expect(services.f1?.command).toEqual(['farmer', ...common])
  expect(services.v1?.command).toContain('validator')
  expect(Object.keys(services)).toEqual(['router', 'controller', 'v1', 'v2', 'f1', 'f2'])
  expect(services.f1?.['<<']).toBe(services.v1?.['<<'])
  expect(services.f1?.cpu_shares).toBeLessThan(200)
  expect(services.v1).not.toHaveProperty('cpu_shares')
  expect(services.router?.cpu_shares).toBeGreaterThan(1024)
})

test('the controller settles the first slot and keeps it on a volume, unless the file says it', () => {
  const settling = written(networkFile({ plan }))
  expect(settling.services.controller?.volumes).toContainEqual({
    type: 'volume',
    source: 'state',
    target: '/state',
  })
  expect(Object.keys(settling.volumes ?? {})).toEqual(['state', 'home-v1', 'home-v2', 'home-f1', 'home-f2'])
  const folders = written(networkFile({ plan }), { kind: 'folders', folder: String })
  expect(Object.keys(folders.volumes ?? {})).toEqual(['state'])
  expect(JSON.stringify(written(file).services.controller)).not.toContain('/state')
  expect(written(file).volumes).not.toHaveProperty('state')
})

test('farmers on several machines, each with a controller, have to be told the time', () => {
  const machines = [
    { name: 'A', host: '192.0.2.1', port: 30_335, nodes: ['v1', 'f1'] },
    { name: 'B', host: '192.0.2.2', port: 30_335, nodes: ['v2', 'f2'] },
  ]
  expect(() => networkFile({ plan, machines })).toThrow(/--first-slot/)
  expect(networkFile({ plan, machines, physicalTimeMs: 7 }).physicalTimeMs).toBe(7)
})

test('without farmers the file says nothing of them', () => {
  const plain = planFile({ text: 'runtimes: [docker]', shown: 'plain.yaml' }, containers, 7)
  expect(networkFile({ plan: plain, physicalTimeMs: 5 })).not.toHaveProperty('physicalTimeMs')
})

test('in a hybrid network each side knows the genesis of the other', () => {
  const hybrid = planFile({ text: `ledger: hybrid\n${text}`, shown: 'mixed.yaml' }, containers, 7)
  const read = parseNetworkFile(
    formatNetworkFile(networkFile({ plan: hybrid, physicalTimeMs: 1_700_000_000_000 })),
    'network.json',
  )
  const [stake, farm] = [networkPlan(read, 'network.json'), farmerPlan(read, 'network.json')]
  const genesis = genesisOf(stake)
  const physical = physicalGenesisOf(farm)
  expect(farm.stake).toEqual({ genesis, nodes: ['v1', 'v2'] })
  expect(stake.hybrid).toEqual({
    parameters: hybrid.hybrid?.parameters,
    physical,
    farmers: ['f1', 'f2'],
  })
  expect(deriveGenesisOf(genesis, physical).parameters).toEqual(hybrid.hybrid?.parameters)
  const later = { ...read, hybrid: { ...read.hybrid, version: 2 } }
  expect(() => parseNetworkFile(JSON.stringify(later), 'x.json')).toThrow(
    'x.json: hybrid.version: unknown version, expected 1',
  )
  expect(() => networkPlan(later, 'x.json')).toThrow('x.json: hybrid.version: unknown version, expected 1')
})
