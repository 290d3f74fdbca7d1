import { describe, expect, test } from 'vitest'
import { parseRouterConfig } from '../src/router/config.ts'

const config = {
  version: 1,
  nodes: [
    { name: 'v1', region: 'north', address: '10.77.1.2', gateway: '10.77.1.1' },
    { name: 'v2', region: 'south', address: '10.77.2.2', gateway: '10.77.2.1' },
  ],
  delays: { north: { north: 0, south: 30 }, south: { north: 50, south: 0 } },
  control: { host: '10.77.0.254', port: 8081 },
  seed: 7,
}

/** As in containers, with what concerns others too. */
const networkFile = {
  version: 1,
  chain: 'x-7',
  plan: {
    seed: 7,
    delays: config.delays,
    nodes: config.nodes.map(({ name, region }) => ({ name, weight: 1, labels: { region, cloud: 'A' } })),
  },
  layout: {
    project: 'x',
    nodes: [...config.nodes]
      .reverse()
      .map(({ name, address, gateway }) => ({ name, address, gateway, number: 1 })),
    control: { network: 'control', router: '10.77.0.254' },
  },
  ports: { router: 8081, node: 8080 },
}

test('reads its own configuration, and the file that all programs in containers share', () => {
  expect(parseRouterConfig(JSON.stringify(config), 'x.json')).toEqual(config)
  expect(parseRouterConfig(JSON.stringify(networkFile), 'x.json')).toEqual(config)
})

test('nodes that begin later have their links from the start', () => {
  const seized = { name: 'v1-seized', labels: { region: 'north' } }
  const place = { name: 'v1-seized', address: '10.77.3.2', gateway: '10.77.3.1' }
  const { layout } = networkFile
  const more = { ...networkFile, seized: [seized], layout: { ...layout, nodes: [...layout.nodes, place] } }
  expect(parseRouterConfig(JSON.stringify(more), 'x.json').nodes).toEqual([
    ...config.nodes,
    { ...place, region: 'north' },
  ])
})

describe('refuses in one line that names the file and the place', () => {
  test.each([
    ['no JSON', '{', /^x.json: not JSON: /],
    [
      'another version',
      JSON.stringify({ ...config, version: 2 }),
      /^x.json: version: unknown version, expected 1$/,
    ],
    ['no nodes', JSON.stringify({ ...config, nodes: [] }), /^x.json: nodes: /],
    [
      'a name as address',
      JSON.stringify({ ...config, nodes: [{ ...config.nodes[0], address: 'v1' }, config.nodes[1]] }),
      /^x.json: nodes.0.address: /,
    ],
    [
      'a node without place',
      JSON.stringify({ ...networkFile, layout: { ...networkFile.layout, nodes: [] } }),
      /^x.json: layout.nodes: node v1 has no place$/,
    ],
    ['null', 'null', /^x.json: file: /],
  ])('%s', (_, text, message) => {
    expect(() => parseRouterConfig(text, 'x.json')).toThrow(
      expect.objectContaining({ code: 'router-config', message: expect.stringMatching(message) }),
    )
    expect(() => parseRouterConfig(text, 'x.json')).toThrow(/^[^\n]*$/)
  })
})
