import { farmerPlan, physicalGenesisOf } from '@groundwork/farmer'
import { deriveGenesisOf } from '@groundwork/genesis'
import { genesisOf, networkPlan } from '@groundwork/validator'
import { expect, test } from 'vitest'
import { composeFile } from '../../src/docker/compose.ts'
import { composeDefaults, containers } from '../../src/docker/default-network.ts'
import { formatNetworkFile, networkFile, parseNetworkFile } from '../../src/docker/network-file.ts'
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

test('a farmer is a container like a validator, with another program', () => {
  const { services } = composeFile({
    ...composeDefaults,
    file,
    networkFile: './network.json',
    build: null,
  })
  const common = ['--network', '/etc/groundwork/network.json', '--name', 'f1', '--home', '/node']
  expect(services.f1?.command).toEqual(['farmer', ...common])
  expect(services.v1?.command).toContain('validator')
  expect(Object.keys(services)).toEqual(['router', 'controller', 'v1', 'v2', 'f1', 'f2'])
  expect(services.f1?.['<<']).toBe(services.v1?.['<<'])
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
