import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { capabilitiesOf, linkTable } from '@groundwork/wan'
import { startRelays } from '@groundwork/wan/relay'
import { afterEach, describe, expect, test } from 'vitest'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'

const nodes = conformanceNodes
const relayTable = () =>
  linkTable({ nodes, regions: conformanceRegions, capabilities: capabilitiesOf('relay') })
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
const gone = async (pid: number): Promise<void> => {
  while (alive(pid)) await sleep(5)
}

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

describe('the relay process', () => {
  test('listens for every ordered pair on loopback and says what passed', async () => {
    const network = await startRelays({ table: relayTable() })
    const ports = nodes.flatMap(({ name: from }) =>
      nodes.filter(({ name }) => name !== from).map(({ name: to }) => network.address(from, to)),
    )
    expect(new Set(ports.map(({ port }) => port)).size).toBe(6)
    expect(new Set(ports.map(({ host }) => host))).toEqual(new Set(['127.0.0.1']))
    const stats = await network.stats()
    expect(stats.links).toHaveLength(6)
    expect(stats).toMatchObject({ connections: 0, doomedConnections: 0 })
    expect(stats.loopLagMsMax).toBeGreaterThanOrEqual(0)
    await network.stop()
  })

  test('ends when it is stopped, twice over, and its ports are closed', async () => {
    const network = await startRelays({ table: relayTable() })
    const address = network.address('a', 'b')
    await Promise.all([network.stop(), network.stop()])
    expect(alive(network.pid)).toBe(false)
    expect(await network.closed).toMatchObject({ expected: true })
    const [error] = await once(connect(address), 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
    await network.stop()
  })

  test('its unexpected end is told, and later requests fail in one line', async () => {
    const table = relayTable()
    const network = await startRelays({ table })
    process.kill(network.pid, 'SIGKILL')
    expect(await network.closed).toEqual({ expected: false, detail: 'the relay process ended (SIGKILL)' })
    await expect(network.stats()).rejects.toMatchObject({ code: 'relay-exited' })
    network.setTarget('a', { host: '127.0.0.1', port: 1 })
    await expect(network.settle()).rejects.toMatchObject({ code: 'relay-exited' })
    table.apply({ owner: 'x', links: [{ from: 'a', to: 'b', set: { delayMs: 1 } }] })
    await network.stop()
  })

  test('ignores Ctrl-C, which is its controller’s to obey', async () => {
    const network = await startRelays({ table: relayTable() })
    process.kill(network.pid, 'SIGINT')
    expect((await network.stats()).connections).toBe(0)
    await network.stop()
    expect(await network.closed).toMatchObject({ expected: true })
  })

  test('does not outlive a controller that is killed', async () => {
    const program = fileURLToPath(new URL('./relay-controller.ts', import.meta.url))
    const controller = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(controller)
    const [line] = (await once(createInterface({ input: controller.stdout }), 'line')) as [string]
    const pid = Number(line)
    expect(alive(pid)).toBe(true)
    controller.kill('SIGKILL')
    await gone(pid)
  })

  test('a runtime that cannot be started is an error of one line', async () => {
    const start = startRelays({ table: relayTable(), nodePath: '/nonexistent/node' })
    await expect(start).rejects.toMatchObject({
      code: 'relay-exited',
      message: expect.stringMatching(/^the relay process ended \(.*ENOENT.*\)$/),
    })
  })

  test('a table for another interpreter is a programmer’s error', async () => {
    const table = linkTable({ nodes, regions: conformanceRegions })
    await expect(startRelays({ table })).rejects.toThrow('the link table must be made for a relay')
  })
})
