import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseRouterConfig } from '../src/router/config.ts'
import { ipv4Address, writeIpv4 } from '../src/router/packets/ipv4.ts'
import { packetFilter } from '../src/router/tunnel/receive.ts'

const place = (number: number) => ({
  name: `v${number}`,
  number,
  subnet: `10.77.${number}.0/24`,
  gateway: `10.77.${number}.1`,
  address: `10.77.${number}.2`,
  router: `10.77.${number}.254`,
})
const file = {
  version: 1,
  plan: {
    seed: 7,
    nodes: [1, 2, 3].map((number) => ({ name: `v${number}`, labels: { region: 'Ireland' } })),
    delays: { Ireland: { Ireland: 1 } },
  },
  layout: { nodes: [1, 2, 3].map(place), control: { router: '10.77.0.254' } },
  ports: { router: 8081, tunnel: 30_335 },
  machines: [
    { name: 'A', host: '192.0.2.1', port: 4001, nodes: ['v1', 'v3'] },
    { name: 'B', host: 'b.example', port: 4002, nodes: ['v2'] },
  ],
}
const parse = (change: object, machine: string | null) =>
  parseRouterConfig(JSON.stringify({ ...file, ...change }), 'network.json', machine)

describe('of a network on several machines a router learns', () => {
  it('which nodes are far and how they are reached', () => {
    const far = { name: 'v2', number: 2, subnet: '10.77.2.0/24', router: '10.77.2.254' }
    const config = parse({}, 'A')
    expect(config.tunnel).toEqual({
      port: 30_335,
      here: ['10.77.1.0/24', '10.77.3.0/24'],
      far: [{ ...far, host: 'b.example', port: 4002 }],
    })
    expect(config.nodes.map(({ name }) => name)).toEqual(['v1', 'v2', 'v3'])
    expect(parse({}, 'B').tunnel?.far.map(({ name, port }) => [name, port])).toEqual([
      ['v1', 4001],
      ['v3', 4001],
    ])
  })

  it('nothing of tunnels if there is one machine', () => {
    expect(parse({ machines: [] }, null)).not.toHaveProperty('tunnel')
  })

  it('in one line that it must be told which machine it is on', () => {
    expect(() => parse({}, null)).toThrow('network.json: machines: say which of A, B this is')
    expect(() => parse({}, 'C')).toThrow('network.json: machines: say which of A, B this is, not C')
  })
})

describe('from other machines come', () => {
  const isGood = packetFilter({ here: ['10.77.1.0/24', '10.77.3.0/24'], far: ['10.77.2.0/24'] })
  const packet = (source: string, destination: string, bytes = 60): Uint8Array => {
    const made = new Uint8Array(bytes)
    writeIpv4(made, { source: ipv4Address(source), destination: ipv4Address(destination), protocol: 6 })
    return made
  }

  it.each<[boolean, string, string]>([
    [true, '10.77.2.2', '10.77.1.2'],
    [true, '10.77.2.2', '10.77.3.2'],
    // The controller and the nodes' interfaces to it, this machine's other networks, the world.
    [false, '10.77.2.2', '10.77.0.253'],
    [false, '10.77.2.2', '10.77.255.1'],
    [false, '10.77.2.2', '192.0.2.9'],
    // Another machine does not speak for nodes of this one, nor for anybody else.
    [false, '10.77.3.2', '10.77.1.2'],
    [false, '192.0.2.9', '10.77.1.2'],
    [false, '10.77.2.2', '10.77.2.3'],
  ])('%s: packets from %s to %s', (good, source, destination) => {
    expect(isGood(packet(source, destination))).toBe(good)
  })

  it('whole packets, one a datagram', () => {
    const whole = packet('10.77.2.2', '10.77.1.2')
    expect(isGood(whole.subarray(0, 59))).toBe(false)
    expect(isGood(new Uint8Array([...whole, 0]))).toBe(false)
    expect(isGood(new Uint8Array())).toBe(false)
  })

  it('never anything that makes the program fail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        // Whatever it is, only an IPv4 packet of exactly this length may pass.
        if (isGood(bytes)) expect([bytes[0]! >> 4, (bytes[2]! << 8) | bytes[3]!]).toEqual([4, bytes.length])
      }),
    )
  })
})
