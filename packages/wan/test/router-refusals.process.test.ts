import { rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'
import { isInstalled, type NamespaceNetwork, namespaceNetwork, namespacesProblem } from './namespaces.ts'
import { type RouterProcess, startProgram, startRouterProcess } from './router-process.ts'

describe.skipIf(namespacesProblem(['socat']) !== null)('a router that cannot', () => {
  let network: NamespaceNetwork
  const file = join(tmpdir(), `gw-refusals-${process.pid}.json`)
  const config = {
    version: 1,
    nodes: [] as object[],
    delays: conformanceRegions,
    control: { host: '127.0.0.1', port: 0 },
    seed: 1,
  }
  beforeAll(() => {
    network = namespaceNetwork(conformanceNodes.map(({ name }) => name))
    config.nodes = network.nodes.map(({ name, address, gateway }, i) => {
      return { name, address, gateway, region: conformanceNodes[i]?.region }
    })
  })
  afterAll(() => {
    rmSync(file, { force: true })
    network.close()
  })
  const state = (): string =>
    ['rule show', '-4 addr show', '-4 route show table all', 'link show']
      .map((what) => network.run(network.router, 'ip', ...what.split(' ')))
      .join('\n')
  /** Its exit code and its one line. */
  const start = async (
    given: object,
    { args = ['--wan', 'packets'], through = [] as string[], env = {} } = {},
  ): Promise<readonly [number | null, string]> => {
    writeFileSync(file, JSON.stringify(given))
    const before = state()
    const { exited, words } = startProgram(network, ['--network', file, ...args], { through, env })
    const code = await exited
    expect(state()).toBe(before)
    expect(words()).toMatch(/^router: [^\n]+\n$/)
    return [code, words()]
  }

  test('without the capability NET_ADMIN', async () => {
    const through = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin']
    expect(await start(config, { through })).toEqual([2, expect.stringContaining('NET_ADMIN')])
  })

  test('without a TUN device', async () => {
    const through = ['sh', '-c', 'mount -t tmpfs none /dev/net && exec "$@"', 'sh']
    expect(await start(config, { through })).toEqual([
      2,
      'router: --wan packets: there is no /dev/net/tun (give the container this device)\n',
    ])
  })

  test('without socat', async () => {
    const path = (process.env.PATH ?? '').split(':').filter((folder) => !isInstalled('socat', folder))
    const tools = ['/usr/sbin', '/sbin'].filter((folder) => isInstalled('ip', folder))
    expect(await start(config, { env: { PATH: [...path, ...tools].join(':') } })).toEqual([
      2,
      'router: --wan packets: socat is not installed (package socat)\n',
    ])
  })

  test('with a node that it is not connected to', async () => {
    const nodes = [...config.nodes, { name: 'd', region: 'west', address: '10.99.4.2', gateway: '10.99.4.1' }]
    const [code, words] = await start({ ...config, nodes })
    expect(code).toBe(2)
    expect(words).toContain('no network interface of the router is in the subnet of node d (10.99.4.2)')
  })

  test('with an address for its API that is not its own', async () => {
    const [code, words] = await start({ ...config, control: { host: '10.99.0.1', port: 8081 } })
    expect(code).toBe(2)
    expect(words).toContain("the router's API cannot listen on 10.99.0.1:8081")
  })

  test('with an unknown region, a broken file, arguments that it does not know', async () => {
    expect(await start({ ...config, delays: {} })).toEqual([2, expect.stringContaining('no region north')])
    expect(await start({ version: 1 })).toEqual([2, expect.stringContaining(`${file}: nodes: `)])
    expect(await start(config, { args: ['--wan', 'fast'] })).toEqual([
      64,
      expect.stringContaining('--wan fast: expected one of auto, netem, packets; usage: '),
    ])
    expect(await start(config, { args: ['--speed', '1'] })).toEqual([64, expect.stringContaining('--speed')])
  })
})

describe.skipIf(namespacesProblem(['socat']) !== null)("a router's API", () => {
  let network: NamespaceNetwork
  let router: RouterProcess
  beforeAll(async () => {
    network = namespaceNetwork(conformanceNodes.map(({ name }) => name))
    router = await startRouterProcess(network, 'packets')
  })
  afterAll(async () => {
    await router?.stop()
    network.close()
  })
  const ask = (method: string, path: string, body = '', headers = {}) =>
    new Promise<{ status: number | undefined; answer: Record<string, unknown> }>((resolve, reject) => {
      if (!('path' in router.control)) throw new Error('a Unix socket was asked for')
      const asked = request({ socketPath: router.control.path, method, path, headers }, (response) => {
        let text = ''
        response.on('data', (part) => {
          text += part
        })
        response.on('end', () => resolve({ status: response.statusCode, answer: JSON.parse(text) }))
      })
      asked.on('error', reject)
      asked.end(body)
    })
  const change = (links: unknown) => JSON.stringify({ owner: 'x', links })

  test('says what it is', async () => {
    expect(await ask('GET', '/v1/health')).toEqual({ status: 200, answer: { ok: true } })
    const { answer } = await ask('GET', '/v1/wan')
    expect(answer).toMatchObject({
      version: 1,
      requested: 'packets',
      reasons: { packets: 'available' },
      capabilities: { interpreter: 'packets', cuts: ['blackhole', 'reset'], oneWay: true },
      nodes: network.nodes.map(({ name, address }, i) => ({ name, address, interface: `eth${i}` })),
      stats: { interpreter: 'packets', packets: expect.any(Number), saturatedSeconds: 0 },
      problem: null,
    })
    const { answer: links } = await ask('GET', '/v1/links')
    expect(links).toMatchObject({ nodes: ['a', 'b', 'c'] })
    expect(links.links).toHaveLength(6)
  })

  test.each([
    ['no JSON', 'x', 400, 'body-json'],
    ['no change', '{}', 400, 'body-invalid'],
    ['an unknown node', change([{ from: 'a', to: 'z', set: {} }]), 422, 'link-node'],
    ['a bad value', change([{ from: 'a', to: 'b', set: { lossRatio: 2 } }]), 422, 'link-value'],
    ['an unknown property', change([{ from: 'a', to: 'b', set: { speed: 2 } }]), 422, 'link-value'],
  ])('refuses %s in one line, and changes nothing', async (_, body, status, error) => {
    const before = await ask('GET', '/v1/links')
    expect(await ask('POST', '/v1/changes', body)).toEqual({
      status,
      answer: { error, message: expect.stringMatching(/^[^\n]+$/) },
    })
    expect(await ask('GET', '/v1/links')).toEqual(before)
  })

  test('takes changes back, also those that it never had', async () => {
    const good = change([{ from: 'a', to: 'b', set: { cut: 'blackhole' } }])
    const before = await ask('GET', '/v1/links')
    expect((await ask('POST', '/v1/changes', good)).status).toBe(200)
    expect(await ask('GET', '/v1/links')).not.toEqual(before)
    for (const path of ['/v1/changes/x', '/v1/changes/x', '/v1/changes/never', '/v1/changes']) {
      expect(await ask('DELETE', path)).toEqual({ status: 200, answer: { ok: true } })
    }
    expect(await ask('GET', '/v1/links')).toEqual(before)
    expect((await ask('GET', '/v2')).status).toBe(404)
  })

  test('is not mistaken for an earlier instance', async () => {
    const { answer } = await ask('GET', '/v1/wan')
    const as = (instance: unknown) => ({ 'x-groundwork-instance': instance as string })
    expect((await ask('DELETE', '/v1/changes', '', as(answer.instance))).status).toBe(200)
    expect(await ask('DELETE', '/v1/changes', '', as('another'))).toMatchObject({
      status: 409,
      answer: { error: 'router-restarted' },
    })
  })
})
