import { parseScenario } from '@groundwork/scenario'
import { capabilitiesOf, type LiveLinkTable, linkTable } from '@groundwork/wan'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type LinkFaults, linkFaults } from '../../src/hub/link-faults.ts'

beforeEach(() => void vi.useFakeTimers({ fakeNodeBuiltins: true }))
afterEach(() => void vi.useRealTimers())

const { nodes } = parseScenario('network: { validators: 4 }', 'test.yaml').network
const names = nodes.map(({ name }) => name)

function setup(leaders: readonly string[] = ['v2']): {
  table: LiveLinkTable
  faults: LinkFaults
  errors: unknown[]
  cut(): string[]
} {
  const capabilities = capabilitiesOf('netem')
  const regions = Object.fromEntries(
    nodes.map(({ labels: from }) => [
      from.region,
      Object.fromEntries(nodes.map(({ labels: to }) => [to.region, 1])),
    ]),
  )
  const table = linkTable({
    nodes: nodes.map(({ name, labels }) => ({ name, region: labels.region })),
    regions,
    capabilities,
  })
  const errors: unknown[] = []
  const links = { ...table, removeAll: async () => table.removeAll() }
  const faults = linkFaults({
    nodes,
    links,
    router: async () => ({ instance: 'first', capabilities }),
    leaders: async () => leaders,
    onError: (error) => void errors.push(error),
  })
  const cut = (): string[] =>
    names.flatMap((a) => names.filter((b) => table.link(a, b).cut !== 'open').map((b) => `${a}>${b}`))
  return { table, faults, errors, cut }
}

describe('faults of links on a network that runs', () => {
  it('are in force until their time is over, and say whether a quorum is left', async () => {
    const { faults, cut } = setup()
    const fault = await faults.begin({ verb: 'partition', arguments: { groups: 'v1+v2,rest', for: '80ms' } })
    expect(fault).toMatchObject({
      verb: 'partition',
      nodes: names,
      detail: 'v1 v2 | v3 v4',
      stopsFinality: true,
      healsInMs: 80,
    })
    expect(fault.id).toMatch(/^partition-[0-9a-f]{4}$/)
    expect(cut()).toHaveLength(8)
    expect(faults.list().map(({ id }) => id)).toEqual([fault.id])
    await vi.advanceTimersByTimeAsync(79)
    expect(faults.list()).toMatchObject([{ healsInMs: 1 }])
    expect(cut()).toHaveLength(8)
    await vi.advanceTimersByTimeAsync(1)
    expect(faults.list()).toEqual([])
    expect(cut()).toEqual([])
  })

  it('heal one by one, as often as one likes, or all at once', async () => {
    const { faults, cut } = setup()
    const one = await faults.begin({ verb: 'one-way', arguments: { from: 'leader', to: 'rest' } })
    expect(one.detail).toBe('v2 > v1 v3 v4: cut blackhole')
    const two = await faults.begin({ verb: 'partition', arguments: { groups: 'v3,v4' } })
    expect(cut()).toEqual(['v2>v1', 'v2>v3', 'v2>v4', 'v3>v4', 'v4>v3'])
    expect(await faults.heal(one.id)).toBe(true)
    expect(await faults.heal(one.id)).toBe(false)
    expect(cut()).toEqual(['v3>v4', 'v4>v3'])
    expect(faults.list().map(({ id }) => id)).toEqual([two.id])
    await faults.begin({ verb: 'shape', arguments: { from: 'v1', to: 'v2', loss: '5%' } })
    await faults.healAll()
    expect(faults.list()).toEqual([])
    expect(cut()).toEqual([])
  })

  it('are forgotten when the router was started again, for it opened all links', async () => {
    const { faults } = setup()
    await faults.begin({ verb: 'partition', arguments: { groups: 'v1,rest' } })
    faults.forgetOthers('first')
    expect(faults.list()).toHaveLength(1)
    faults.forgetOthers('second')
    expect(faults.list()).toEqual([])
  })

  it('that flap open and close until they heal', async () => {
    const { table, faults, cut } = setup()
    const changes: number[] = []
    table.onChange((links) => void changes.push(links.length))
    const { id } = await faults.begin({ verb: 'flap', arguments: { groups: 'v1,rest', period: '100ms' } })
    expect(cut()).toHaveLength(6)
    await vi.advanceTimersByTimeAsync(50)
    expect(cut()).toEqual([])
    await vi.advanceTimersByTimeAsync(50)
    expect(cut()).toHaveLength(6)
    await faults.heal(id)
    expect(cut()).toEqual([])
    const after = changes.length
    await vi.advanceTimersByTimeAsync(1_000)
    expect(changes.length).toBe(after)
  })

  it('that mean nothing, or that the network cannot do, change nothing', async () => {
    const { faults, cut } = setup([])
    const begin = (verb: string, words: Record<string, string>) => faults.begin({ verb, arguments: words })
    await expect(begin('partition', { groups: 'v1,rest', cut: 'reset' })).rejects.toMatchObject({
      code: 'SCENARIO_UNSUPPORTED',
    })
    await expect(begin('partition', { groups: 'v9,rest' })).rejects.toMatchObject({ code: 'SCENARIO_TARGET' })
    await expect(begin('one-way', { from: 'leader', to: 'rest' })).rejects.toThrow('nobody leads')
    await expect(begin('kill', { target: 'v1' })).rejects.toThrow('groundwork fault kill')
    const censor = begin('coerce', { target: 'v1', behaviour: 'censor' })
    await expect(censor).rejects.toThrow('coerce needs nodes that were started for it')
    expect(faults.list()).toEqual([])
    expect(cut()).toEqual([])
  })
})
