import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePhysicalGenesis } from '@groundwork/genesis'
import { physicalProfiles, withFittingDifficulty } from '@groundwork/physical-core'
import { readText } from '@groundwork/program'
import { afterAll, describe, expect, it } from 'vitest'
import { farmerPlan, loadFarmerConfig, prepareFarmerHome, writeFarmers } from '../src/index.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-farmer-config-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))
const file = join(dir, 'config.json')
const minimal = { version: 1, name: 'f1', region: 'here', genesis: 'g.json', networkKey: 'n.json' }

function load(content: unknown) {
  writeFileSync(file, JSON.stringify(content))
  return loadFarmerConfig({ file, flags: {}, environment: {} })
}

describe('a configuration', () => {
  it('fills in defaults, with paths from the folder of the file', () => {
    const plots = [{ file: 'a.plot' }, { index: 3, k: 16 }]
    expect(load({ ...minimal, farmerKey: 'f.json', plots })).toMatchObject({
      genesis: join(dir, 'g.json'),
      farmerKey: join(dir, 'f.json'),
      landmarkKey: null,
      plotDir: join(dir, 'plots'),
      plots: [{ file: join(dir, 'a.plot') }, { index: 3, k: 16 }],
      timelord: false,
      timelordRank: 0,
      peers: [],
    })
  })

  it.each([
    ['an unknown key', { plot: [] }, /Unrecognized key: "plot"$/],
    ['a plot of no size', { plots: [{ index: 1, k: 15 }] }, /plots\.0\.k: expected 16 to 32/],
    ['a plot twice described', { plots: [{ file: 'a', k: 16 }] }, /plots\.0: Unrecognized key: "k"$/],
    ['another version', { version: 3 }, /version 3 is unknown, expected 1$/],
    ['misbehaviour', { byzantine: ['private-fork'] }, /Unrecognized key: "byzantine"$/],
  ])('says in one line that it holds %s', (_, change, line) => {
    expect(() => load({ ...minimal, ...change })).toThrow(line)
    expect(() => load({ ...minimal, ...change })).not.toThrow(/\n/)
  })
})

const region = (name: string) => ({ name, maxRttUs: 15_000, minRttUs: [0, 0] })
const anywhere = { host: '127.0.0.1', port: 1 }

it('a network has the difficulty of its plots, and configurations that load', () => {
  const { genesis, nodes } = writeFarmers({
    dir: join(dir, 'network'),
    chain: 'test',
    seed: 1,
    timeMs: 5,
    parameters: { ...physicalProfiles.ci, regionCapMilli: 1000 },
    regions: [region('a'), region('b')],
    nodes: [
      { name: 'f1', claims: 'a', plots: 2, k: 16, timelord: true, landmark: 'b' },
      { name: 'f2', claims: 'b', plots: 1, k: 16, timelord: false, registered: false },
    ],
    connect: (from) => ({ ...anywhere, dial: from === 'f1' }),
  })
  expect(genesis.plots.map(({ index, region }) => [index, region])).toEqual([
    [0, 0],
    [1, 0],
  ])
  expect(genesis.landmarks.map(({ region }) => region)).toEqual([1])
  expect(genesis).toEqual(withFittingDifficulty(genesis))
  const [one] = nodes.map(({ configFile }) =>
    loadFarmerConfig({ file: configFile, flags: {}, environment: {} }),
  )
  expect(one?.peers.map(({ name, dial }) => [name, dial])).toEqual([['f2', true]])
  expect(parsePhysicalGenesis(readText(one!.genesis, 'GENESIS'))).toEqual(genesis)
})

describe('a network file', () => {
  const nearby = { a: { a: 1, b: 50 }, b: { a: 50, b: 1 } }
  const physical = {
    engine: 'space',
    squarings: 16_384,
    slotMs: 250,
    epochSlots: 256,
    seedLagSlots: 128,
    winnersPerSlotMilli: 1000,
    kappa: 3,
    locationFaults: 1,
    outsideChallengers: 2,
    locationGraceEpochs: 2,
    unlocatedMilli: 500,
    regionCapMilli: 1000,
    regionFloorMilli: 100,
    nearMs: 15,
    regions: ['a', 'b'],
  }
  const farmer = (name: string, claims: string) => ({
    name,
    role: 'farmer',
    plots: 1,
    k: 16,
    claims,
    skewMs: 7,
  })
  const content = {
    version: 1,
    chain: 'test-1',
    physicalTimeMs: 1_000,
    ports: { p2p: 30_333, node: 8_080 },
    plan: {
      seed: 1,
      delays: nearby,
      physical,
      nodes: [{ name: 'v1', role: 'validator' }, farmer('f1', 'a'), farmer('f2', 'b')],
    },
    layout: {
      nodes: ['v1', 'f1', 'f2'].map((name, i) => ({ name, address: `10.1.${i}.2`, control: `10.1.0.${i}` })),
    },
  }
  const network = join(dir, 'network.json')
  writeFileSync(network, JSON.stringify(content))

  it('says who the farmers are, where they are, and what light needs between regions', () => {
    const plan = farmerPlan(content, 'network.json')
    expect(plan.nodes.map(({ name, claims }) => [name, claims])).toEqual([
      ['f1', 'a'],
      ['f2', 'b'],
    ])
    expect(plan.regions[0]).toEqual({ name: 'a', maxRttUs: 15_000, minRttUs: [0, 60_000] })
    expect(plan.connect('f1', 'f2')).toEqual({ host: '10.1.2.2', port: 30_333, dial: true })
    expect(plan.listen?.('f2')).toEqual({ host: '10.1.2.2', port: 30_333 })
  })

  it('gives a node its home, the same again, and refuses strangers and the homes of others', async () => {
    const home = join(dir, 'home')
    const { configFile } = await prepareFarmerHome(network, 'f2', home)
    expect((await prepareFarmerHome(network, 'f2', home)).configFile).toBe(configFile)
    expect(loadFarmerConfig({ file: configFile, flags: {}, environment: {} }).clockOffsetMs).toBe(7)
    await expect(prepareFarmerHome(network, 'v1', home)).rejects.toThrow(
      /no such farmer .* \(there are f1, f2\)$/,
    )
    const other = join(dir, 'other.json')
    writeFileSync(other, JSON.stringify({ ...content, chain: 'other' }))
    await expect(prepareFarmerHome(other, 'f2', home)).rejects.toThrow(/holds a node of another network/)
    expect(() => farmerPlan({ ...content, physicalTimeMs: 'soon' }, 'x.json')).toThrow(
      /^x\.json: physicalTimeMs: /,
    )
  })
})
