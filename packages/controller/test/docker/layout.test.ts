import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type LayoutInit, layoutOf, maxNodes } from '../../src/docker/layout.ts'

const names = (count: number) => Array.from({ length: count }, (_, i) => `v${i + 1}`)

test('a node has a network of its own, whose gateway is the router', () => {
  const layout = layoutOf({ nodes: ['v1', 'v1-twin'] })
  expect(layout.nodes[1]).toEqual({
    name: 'v1-twin',
    number: 2,
    network: 'link-v1-twin',
    subnet: '10.77.2.0/24',
    gateway: '10.77.2.1',
    address: '10.77.2.2',
    router: '10.77.2.254',
    control: '10.77.0.2',
  })
  expect(layout.control).toMatchObject({
    subnet: '10.77.0.0/24',
    router: '10.77.0.254',
    controller: '10.77.0.253',
  })
})

test('no two things share an address, and all lie in the subnet', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(octet, octet, fc.integer({ min: 0, max: maxNodes }), (a, b, count) => {
      const { nodes, control, front } = layoutOf({ subnet: `${a}.${b}`, nodes: names(count) })
      const addresses = [
        ...nodes.flatMap((node) => [node.gateway, node.address, node.router, node.control]),
        control.gateway,
        control.router,
        control.controller,
      ]
      const subnets = [...nodes.map(({ subnet }) => subnet), control.subnet, front.subnet]
      expect(new Set(addresses).size).toBe(addresses.length)
      expect(new Set(subnets).size).toBe(subnets.length)
      for (const address of addresses) {
        expect(address.startsWith(`${a}.${b}.`)).toBe(true)
      }
    }),
  )
})

test.each<[string, LayoutInit]>([
  ['subnet "10": expected two octets', { subnet: '10', nodes: [] }],
  ['subnet "10.300": expected two octets', { subnet: '10.300', nodes: [] }],
  ['subnet "10.07": expected two octets', { subnet: '10.07', nodes: [] }],
  ['project "Mine": expected small letters', { project: 'Mine', nodes: [] }],
  ['251 nodes: a network of containers holds at most 250', { nodes: names(251) }],
  ['node "v.1": in containers a name has letters, digits', { nodes: ['v.1'] }],
  ['node "router": the name of a program', { nodes: ['router'] }],
])('refuses: %s', (message, init) => {
  expect(() => layoutOf(init)).toThrow(message)
})
