import { type Plan, parseScenario, planScenario, seizedNodes } from '@groundwork/scenario'
import { genesisOf, networkPlan } from '@groundwork/validator'
import { capabilitiesOf } from '@groundwork/wan'
import { describe, expect, test } from 'vitest'
import {
  formatNetworkFile,
  type Machine,
  machineNamed,
  networkFile,
  parseNetworkFile,
} from '../../src/docker/network-file.ts'

const plan: Plan = planScenario(
  parseScenario('{ name: four, network: { validators: 4 }, runtimes: [docker] }', 'four.yaml'),
  {
    runtime: 'docker',
    seed: 7,
    capabilities: capabilitiesOf('packets'),
    regions: Object.fromEntries(
      ['N_Virginia', 'Ireland', 'Mumbai'].map((from) => [from, { N_Virginia: 1, Ireland: 2, Mumbai: 3 }]),
    ),
  },
)
const machines: Machine[] = [
  { name: 'A', host: '192.0.2.1', port: 30335, nodes: ['v1', 'v2'] },
  { name: 'B', host: '192.0.2.2', port: 30335, nodes: ['v3', 'v4'] },
]

test('says all that programs need, and survives being written and read', () => {
  const file = networkFile({ plan, project: 'four', subnet: '10.99', machines })
  expect(file).toMatchObject({ version: 1, chain: 'four-7', layout: { project: 'four', subnet: '10.99' } })
  expect(parseNetworkFile(formatNetworkFile(file), 'network.json')).toEqual(file)
})

test('nodes that begin later have places after all others, and change nothing that was agreed upon', () => {
  const keys = { kind: 'nodes', nodes: ['v2', 'v4'] } as const
  const action = { verb: 'seize-keys', target: keys, use: 'twins', depth: null, reach: null } as const
  const seizing = { ...plan, timeline: [{ id: '1', atMs: 0, forMs: null, action }] }
  const [none, file] = [
    networkFile({ plan: seizing }),
    networkFile({ plan: seizing, seized: seizedNodes(seizing) }),
  ]
  expect(none.layout.nodes.map(({ name }) => name)).toEqual(['v1', 'v2', 'v3', 'v4'])
  expect(file.layout.nodes.map(({ name }) => name)).toEqual([
    ...['v1', 'v2', 'v3', 'v4'],
    ...['v2-seized', 'v4-seized'],
  ])
  expect(file.layout.nodes.slice(0, 4)).toEqual(none.layout.nodes)
  const read = parseNetworkFile(formatNetworkFile(file), 'network.json')
  expect(read).toEqual(file)

  const known = networkPlan(read, 'network.json')
  expect(known.nodes.map(({ name, validator }) => [name, validator])).toEqual([
    ...[
      ['v1', 0],
      ['v2', 1],
      ['v3', 2],
      ['v4', 3],
    ],
    ...[
      ['v2-seized', 1],
      ['v4-seized', 3],
    ],
  ])
  expect(genesisOf(known)).toEqual(genesisOf(networkPlan(none, 'network.json')))
  expect(known.connect('v1', 'v4-seized')).toEqual({ host: '10.77.6.2', port: 30_333, dial: true })
})

describe('refuses in one line', () => {
  const good = JSON.parse(formatNetworkFile(networkFile({ plan }))) as Record<string, unknown>
  const changed = (change: Record<string, unknown>) => JSON.stringify({ ...good, ...change })
  test.each([
    ['network.json: not JSON: ', '{'],
    ['network.json: version: unknown version, expected 1', changed({ version: 2 })],
    ['network.json: plan: ', changed({ plan: undefined })],
    [
      'network.json: layout: not that of the planned nodes',
      changed({ layout: { project: 'a', subnet: '10.1' } }),
    ],
    [
      'network.json: machines: node v3 has none',
      changed({ machines: [machines[0], { ...machines[1], nodes: ['v4'] }] }),
    ],
  ])('%s', (message, text) => {
    expect(() => parseNetworkFile(text, 'network.json')).toThrow(message)
  })
})

test.each<[string, Machine[]]>([
  ['one machine needs no list', machines.slice(0, 1)],
  ['no node "v9"', [{ ...machines[0]!, nodes: ['v9'] }, machines[1]!]],
  ['node v3 has two machines', [{ ...machines[0]!, nodes: ['v1', 'v2', 'v3'] }, machines[1]!]],
  ['node v1 has none', [{ ...machines[0]!, nodes: ['v2'] }, machines[1]!]],
  ['two are named A', [machines[0]!, { ...machines[1]!, name: 'A' }]],
])('machines: %s', (message, list) => {
  expect(() => networkFile({ plan, machines: list })).toThrow(message)
})

test('a program on one of several machines must be told which', () => {
  const file = networkFile({ plan, machines })
  expect(machineNamed(file, 'B')).toBe(machines[1])
  expect(() => machineNamed(file, null)).toThrow('spread over A, B')
  expect(() => machineNamed(file, 'C')).toThrow('no machine "C"; there are A, B')
  expect(machineNamed(networkFile({ plan }), null)).toBeNull()
})
