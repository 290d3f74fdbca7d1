import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { farmersOf, type PlannedNode, seizedNodes, validatorsOf } from '@groundwork/scenario'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { type ComposeInit, composeFile, formatCompose } from '../../src/docker/compose.ts'
import {
  composeDefaults,
  containers,
  defaultCompose,
  defaultNetwork,
} from '../../src/docker/default-network.ts'
import { formatNetworkFile, networkFile } from '../../src/docker/network-file.ts'
import { planFile } from '../../src/planning.ts'

interface Parsed {
  readonly name: string
  readonly services: Readonly<Record<string, Record<string, never>>>
  readonly networks: Readonly<Record<string, Record<string, never>>>
  readonly volumes?: Readonly<Record<string, unknown>>
}

const scenario = `name: four
runtimes: [docker]
network:
  validators: [{ twin: true, region: Ireland }, { region: Ireland }, { region: Mumbai }, { region: Mumbai }]
`
const plan = planFile({ text: scenario, shown: 'four.yaml' }, containers, 7)
const machines = [
  { name: 'A', host: '192.0.2.1', port: 30_335, nodes: ['v1', 'v1-twin', 'v2'] },
  { name: 'B', host: '192.0.2.2', port: 30_336, nodes: ['v3', 'v4'] },
]

/** As Compose reads the text: YAML 1.1 with merge keys. */
function written(change: Partial<ComposeInit> = {}): Parsed {
  const init = { ...composeDefaults, file: networkFile({ plan }), networkFile: './network.json', build: null }
  return read(formatCompose(composeFile({ ...init, ...change }), 'a comment'))
}
const read = (text: string): Parsed => parse(text, { version: '1.1' }) as Parsed
const root = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../../${path}`, import.meta.url)), 'utf8')

describe('the files of `docker compose up`', () => {
  it('are what the generator gives; run `groundwork compose` to make them anew', () => {
    expect(root('compose.yaml')).toBe(defaultCompose())
    expect(root('docker/network.json')).toBe(formatNetworkFile(defaultNetwork()))
  })

  it('have seven validators and six farmers in three regions, the router and the controller', () => {
    const { nodes } = defaultNetwork().plan
    const placed = (own: readonly PlannedNode[]) => own.map(({ name, labels }) => [labels.region, name])
    expect(Map.groupBy(placed(nodes), ([region]) => region).size).toBe(3)
    expect(placed(validatorsOf(nodes)).map(([region]) => region)).toEqual([
      ...['N_Virginia', 'N_Virginia', 'N_Virginia', 'Ireland', 'Ireland', 'Mumbai', 'Mumbai'],
    ])
    expect(placed(farmersOf(nodes).filter(({ timelord }) => timelord))).toEqual([
      ['N_Virginia', 'f1'],
      ['Ireland', 'f3'],
      ['Mumbai', 'f5'],
    ])
    expect(farmersOf(nodes).map(({ plots }) => plots)).toEqual([2, 2, 2, 2, 2, 2])
    const services = Object.keys(read(defaultCompose()).services)
    expect(services).toEqual(['router', 'controller', ...nodes.map(({ name }) => name)])
  })
})

it('is built once and never pulled', () => {
  const { services } = read(defaultCompose())
  const { router, ...others } = services
  expect(router).toMatchObject({
    image: 'groundwork',
    build: { context: '.', dockerfile: 'docker/Dockerfile' },
  })
  for (const service of Object.values(others)) {
    expect(service).toMatchObject({ image: 'groundwork', pull_policy: 'never' })
    expect(service).not.toHaveProperty('build')
  }
  for (const service of Object.values(written().services)) {
    expect(service).not.toHaveProperty('build')
    expect(service).not.toHaveProperty('pull_policy')
  }
})

it('has nodes with seized keys ready and does not start them', () => {
  const text = `${scenario}timeline: [{ at: 1s, fault: seize-keys, target: v3 }]`
  const seizing = planFile({ text, shown: 'four.yaml' }, containers, 7)
  const { services, networks } = written({
    file: networkFile({ plan: seizing, seized: seizedNodes(seizing) }),
  })
  const { v3: owner, 'v3-seized': copy, router } = services
  expect(Object.entries(services).flatMap(([name, { profiles }]) => (profiles ? [name] : []))).toEqual([
    'v3-seized',
  ])
  expect(copy).toMatchObject({ profiles: ['seized'], labels: { 'io.groundwork.role': 'seized' } })
  for (const service of [owner, copy])
    expect(service?.command).toEqual(expect.arrayContaining(['--byzantine', 'twin']))
  for (const limit of ['mem_limit', 'memswap_limit', 'cpus', 'pids_limit'])
    expect(copy?.[limit]).toBe(owner?.[limit])
  expect(Object.keys(router?.networks ?? {})).toContain('link-v3-seized')
  expect(networks['link-v3-seized']).toMatchObject({ driver_opts: networks['link-v3']?.driver_opts })
})

describe('privileges', () => {
  const { services } = read(defaultCompose())
  const nodes = Object.entries(services).filter(([name]) => name !== 'router' && name !== 'controller')

  it.each(Object.entries(services))(
    '%s drops all, cannot gain any and cannot write to its root',
    (_, service) => {
      expect(service).toMatchObject({
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        read_only: true,
        init: true,
        restart: 'no',
      })
      expect(service).not.toHaveProperty('privileged')
      expect(JSON.stringify(service)).not.toContain('docker.sock')
      expect(service).toHaveProperty('mem_limit')
      expect(service).toHaveProperty('pids_limit')
    },
  )

  it('only the router is root and has a capability, a device and sysctls', () => {
    expect(services.router).toMatchObject({
      user: '0:0',
      cap_add: ['NET_ADMIN'],
      devices: ['/dev/net/tun:/dev/net/tun'],
      sysctls: { 'net.ipv4.ip_forward': '1' },
    })
    for (const [name, service] of Object.entries(services)) {
      if (name === 'router') continue
      for (const key of ['user', 'cap_add', 'devices', 'sysctls'])
        expect(service, name).not.toHaveProperty(key)
    }
  })

  it('nodes have limits and publish nothing; only the controller does, on loopback', () => {
    for (const [, node] of nodes) {
      expect(node).toMatchObject({ mem_limit: '256m', memswap_limit: '256m', cpus: 1, pids_limit: 64 })
      expect(node).not.toHaveProperty('ports')
    }
    expect(services.router).not.toHaveProperty('ports')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose's own.
    expect(services.controller?.ports).toEqual(['127.0.0.1:${GROUNDWORK_PORT:-8080}:8080'])
    expect(written({ apiPort: 0 }).services.controller?.ports).toEqual(['127.0.0.1::8080'])
  })
})

describe('networks', () => {
  const { services, networks } = written()
  const members = (network: string): string[] =>
    Object.entries(services)
      .filter(([, service]) => Object.hasOwn(service.networks ?? {}, network))
      .map(([name]) => name)

  it('every node is alone with the router, which is its gateway', () => {
    for (const name of ['v1', 'v1-twin', 'v2', 'v3', 'v4']) {
      expect(members(`link-${name}`)).toEqual(['router', name])
      expect(networks[`link-${name}`]?.driver_opts).toMatchObject({
        'com.docker.network.bridge.inhibit_ipv4': 'true',
        'com.docker.network.bridge.gateway_mode_ipv4': 'routed',
      })
    }
    expect(networks['link-v2']?.ipam).toEqual({
      config: [{ subnet: '10.77.3.0/24', gateway: '10.77.3.1' }],
    })
    expect(services.v2?.networks).toEqual({
      'link-v2': { ipv4_address: '10.77.3.2' },
      control: { ipv4_address: '10.77.0.3' },
    })
  })

  it('the control network leads nowhere, and only the controller can be reached from outside', () => {
    expect(networks.control).toMatchObject({ internal: true })
    expect(members('control')).toEqual(Object.keys(services))
    expect(members('front')).toEqual(['controller'])
  })
})

it('leaves the interpreter and the port to the environment, or says them', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Compose's own.
  expect(written().services.router?.command).toContain('${GROUNDWORK_WAN:-auto}')
  const said = written({ wan: 'netem', apiPort: 9090 }).services
  expect(said.router?.command).toEqual([
    'router',
    '--network',
    '/etc/groundwork/network.json',
    '--wan',
    'netem',
  ])
  expect(said.controller?.ports).toEqual(['127.0.0.1:9090:8080'])
})

it('switches twins on, and nobody else', () => {
  const { services } = written()
  const flagged = Object.entries(services).filter(([, { command }]) =>
    `${command}`.includes('--byzantine,twin'),
  )
  expect(flagged.map(([name]) => name)).toEqual(['v1', 'v1-twin'])
})

it('keeps homes where it is told', () => {
  expect(Object.keys(written().volumes ?? {})).toEqual(
    ['v1', 'v1-twin', 'v2', 'v3', 'v4'].map((n) => `home-${n}`),
  )
  const own = written({ homes: { kind: 'folders', folder: (node) => `/runs/$1/${node}` }, user: '1234:99' })
  expect(own.volumes).toBeUndefined()
  expect(own.services.v2).toMatchObject({ user: '1234:99' })
  // Compose replaces $ in values, so that a path with one is written with two.
  expect(own.services.v2?.volumes).toContainEqual({ type: 'bind', source: '/runs/$$1/v2', target: '/node' })
  expect(own.services.router).toMatchObject({ user: '0:0' })
})

it('checks health as often as asked, at the address where each program serves it', () => {
  const { services } = written({ healthEveryS: 3 })
  expect(services.v2).toMatchObject({
    environment: { GROUNDWORK_HEALTH: '10.77.0.3:8080/healthz' },
    healthcheck: { interval: '3s' },
  })
  for (const service of Object.values(written({ healthEveryS: null }).services)) {
    expect(service).toMatchObject({ healthcheck: { disable: true } })
    expect(service).not.toHaveProperty('environment')
  }
})

describe('on several machines', () => {
  const file = networkFile({ plan, machines })
  it('each has its own nodes, at the addresses that all know', () => {
    const { services, networks } = written({ file, machine: 'B' })
    expect(Object.keys(services)).toEqual(['router', 'controller', 'v3', 'v4'])
    expect(Object.keys(networks)).toEqual(['control', 'front', 'link-v3', 'link-v4'])
    expect(services.v3?.networks).toMatchObject({ 'link-v3': { ipv4_address: '10.77.4.2' } })
    expect(services.v3).toMatchObject({ environment: { GROUNDWORK_MACHINE: 'B' } })
  })

  it('the router publishes its end of the tunnel', () => {
    const { services } = written({ file, machine: 'B' })
    expect(services.router?.ports).toEqual(['30336:30335/udp'])
    expect(services.router?.networks).toHaveProperty('front')
  })

  it('refuses a machine that is not there', () => {
    expect(() => written({ file })).toThrow('spread over A, B')
    expect(() => written({ file, machine: 'C' })).toThrow('no machine "C"')
  })
})
