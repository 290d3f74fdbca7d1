import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultParameters, parseGenesis } from '@groundwork/genesis'
import { readKeyFile } from '@groundwork/program'
import { afterAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../src/config.ts'
import { writeNetwork } from '../src/network.ts'
import { networkPlan, prepareHome } from '../src/network-home.ts'

const root = mkdtempSync(join(tmpdir(), 'groundwork-home-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const labels = { region: 'Ireland', cloud: 'A', jurisdiction: 'EU', entity: 'one' }
const file = {
  version: 1,
  project: 'for others',
  chain: 'test-7',
  accounts: { count: 2, balance: '100' },
  parameters: defaultParameters,
  ports: { p2p: 30_333, node: 8080, router: 8081 },
  plan: {
    seed: 7,
    nodes: ['v1', 'v2', 'v1-twin'].map((name, i) => ({ name, validator: i % 2, weight: 1, labels })),
  },
  layout: {
    nodes: ['v1', 'v2', 'v1-twin'].map((name, i) => ({
      name,
      address: `10.77.${i + 1}.2`,
      control: `10.77.0.${i + 1}`,
    })),
  },
}
const plan = networkPlan(file, 'network.json')

it('writes the same keys and genesis as a whole network, and the addresses of the file', () => {
  const whole = writeNetwork({ ...plan, dir: join(root, 'whole') })
  const written = prepareHome(plan, 'v2', join(root, 'v2'))
  const config = loadConfig({ file: written.configFile, flags: {}, environment: {} })
  expect(parseGenesis(readFileSync(config.genesis, 'utf8'))).toEqual(whole.genesis)
  expect(readKeyFile(config.validatorKey, 'validator').publicKey).toEqual(
    whole.genesis.validators[1]!.publicKey,
  )
  expect(config).toMatchObject({
    name: 'v2',
    listen: { host: '10.77.2.2', port: 30_333 },
    api: { host: '10.77.0.2', port: 8080 },
    dataDir: join(root, 'v2', 'data'),
    exitWithParent: false,
  })
  expect(config.peers.map(({ name, host, port, dial }) => [name, host, port, dial])).toEqual([
    ['v1', '10.77.1.2', 30_333, false],
    ['v1-twin', '10.77.3.2', 30_333, true],
  ])
  expect(written.peerId).toBe(whole.nodes[1]!.peerId)
})

it('finds its home again, and moves with the addresses', () => {
  const home = join(root, 'again')
  const { configFile } = prepareHome(plan, 'v1', home)
  writeFileSync(join(home, 'data'), 'blocks')
  const moved = {
    ...file,
    layout: { nodes: file.layout.nodes.map((node) => ({ ...node, address: '10.9.1.2' })) },
  }
  prepareHome(networkPlan(moved, 'network.json'), 'v1', home)
  expect(readFileSync(join(home, 'data'), 'utf8')).toBe('blocks')
  expect(loadConfig({ file: configFile, flags: {}, environment: {} }).listen.host).toBe('10.9.1.2')
})

it('leaves the home of another network alone', () => {
  const home = join(root, 'other')
  prepareHome(plan, 'v1', home)
  const before = readFileSync(join(home, 'config.json'), 'utf8')
  const other = networkPlan({ ...file, chain: 'test-8' }, 'network.json')
  expect(() => prepareHome(other, 'v2', home)).toThrow('holds a node of another network')
  expect(readFileSync(join(home, 'config.json'), 'utf8')).toBe(before)
})

describe('refuses in one line', () => {
  it.each<[string, unknown]>([
    ['network.json: version: unknown version, expected 1', { ...file, version: 2 }],
    ['network.json: plan: ', { ...file, plan: undefined }],
    ['network.json: layout.nodes and plan.nodes', { ...file, layout: { nodes: file.layout.nodes.slice(1) } }],
    [
      'network.json: layout.nodes and plan.nodes',
      { ...file, plan: { ...file.plan, nodes: [...file.plan.nodes, file.plan.nodes[0]] } },
    ],
  ])('%s', (message, content) => {
    expect(() => networkPlan(content, 'network.json')).toThrow(message)
  })
  it('a name that the file does not have', () => {
    expect(() => prepareHome(plan, 'v9', root)).toThrow(
      '--name v9: no such node in the network file (there are v1, v2, v1-twin)',
    )
  })
  it('a home that is a file', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => prepareHome(plan, 'v1', join(root, 'file', 'home'))).toThrow('cannot write there (ENOTDIR)')
  })
})
