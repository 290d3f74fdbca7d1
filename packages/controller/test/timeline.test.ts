import type { FaultAction, Plan, PlannedFault, Target } from '@groundwork/scenario'
import type { TraceFact } from '@groundwork/trace'
import { type LiveLinkTable, linkTable } from '@groundwork/wan'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Network } from '../src/runtime/runtime.ts'
import { monotonicMs } from '../src/schedule.ts'
import { runTimeline } from '../src/timeline.ts'

// Time passes when a test lets it: no order of events depends on how busy the machine is.
beforeEach(() => void vi.useFakeTimers({ fakeNodeBuiltins: true }))
afterEach(() => void vi.useRealTimers())

const names = ['v1', 'v2', 'v3', 'v4']
const nodes = (...list: string[]): Target => ({ kind: 'nodes', nodes: list })
const leader: Target = { kind: 'leader' }

/** A network in memory: real links, nodes that only remember whether they run. */
function memoryNetwork(): Network & { readonly links: LiveLinkTable; readonly log: string[] } {
  const processes = [...names, 'v3-seized', 'v4-seized'].map((name) => ({ name, region: 'X' }))
  const links = linkTable({ nodes: processes, regions: { X: { X: 1 } } })
  const running = new Set(names)
  const log: string[] = []
  const verb = (name: string, change: (node: string) => void) => async (node: string) => {
    log.push(`${name} ${node}`)
    change(node)
  }
  return {
    links,
    log,
    kill: verb('kill', (node) => running.delete(node)),
    stop: verb('stop', (node) => running.delete(node)),
    wipe: verb('wipe', (node) => running.delete(node)),
    restart: verb('restart', (node) => running.add(node)),
    pause: verb('pause', () => {}),
    resume: verb('resume', () => {}),
    isRunning: (node) => running.has(node),
    coercion: {
      begin: async ({ owner, nodes, behaviours }) => void log.push(`${owner}: ${nodes} ${behaviours}`),
      end: async (owner) => void log.push(`${owner}: over`),
    },
    seize: verb('seize', () => {}),
    release: verb('release', () => {}),
    showHistory: async (name, { keys, depth }) => void log.push(`${name}: ${keys}, ${depth}`),
    hideHistory: verb('hide', () => {}),
    submit: async () => [],
  }
}

function fault(id: string, atMs: number, forMs: number | null, action: FaultAction): PlannedFault {
  return { id, atMs, forMs, action }
}

interface Script {
  readonly timeline: readonly PlannedFault[]
  readonly leaders?: () => readonly string[]
  readonly signal?: AbortSignal
  readonly onFact?: (fact: TraceFact, network: ReturnType<typeof memoryNetwork>) => void
}

async function play({
  timeline,
  leaders = () => ['v1'],
  signal = new AbortController().signal,
  onFact,
}: Script) {
  const network = memoryNetwork()
  const facts: TraceFact[] = []
  const problems: string[] = []
  const plan = {
    nodes: names.map((name, validator) => ({ name, validator, weight: 1 })),
    timeline,
  } as unknown as Plan
  const emit = (fact: TraceFact): void => {
    facts.push(fact)
    onFact?.(fact, network)
  }
  const problem = (text: string): void => void problems.push(text)
  const ended = runTimeline({ plan, network, leaders, startMs: monotonicMs(), signal, emit, problem })
  await vi.runAllTimersAsync()
  await ended
  return { network, facts, problems }
}

const cutLinks = ({ links }: { links: LiveLinkTable }): string[] =>
  links.nodes.flatMap((a) =>
    links.nodes.filter((b) => links.link(a, b).cut !== 'open').map((b) => `${a}>${b}`),
  )

describe('the timeline', () => {
  it('cuts a partition both ways, says that no quorum is left, and heals it', async () => {
    let during: string[] = []
    const { network, facts } = await play({
      timeline: [
        fault('1', 10, 40, {
          verb: 'partition',
          groups: [nodes('v1', 'v2'), nodes('v3', 'v4')],
          cut: 'blackhole',
        }),
      ],
      onFact: (fact, net) => {
        if (fact.kind === 'fault-began') during = cutLinks(net)
      },
    })
    expect(during).toEqual(['v1>v3', 'v1>v4', 'v2>v3', 'v2>v4', 'v3>v1', 'v3>v2', 'v4>v1', 'v4>v2'])
    expect(cutLinks(network)).toEqual([])
    expect(facts).toEqual([
      {
        kind: 'fault-began',
        fault: '1',
        verb: 'partition',
        nodes: names,
        detail: 'v1 v2 | v3 v4',
        stopsFinality: true,
      },
      { kind: 'fault-healed', fault: '1' },
    ])
  })

  it('overlaps faults: each heals only itself, and quorum is judged over all', async () => {
    const { network, facts } = await play({
      timeline: [
        fault('1', 0, 60, { verb: 'one-way', from: nodes('v1'), to: nodes('v2', 'v3', 'v4'), cut: 'reset' }),
        fault('2', 20, 20, { verb: 'kill', target: nodes('v4') }),
      ],
    })
    const told = facts.map((fact) => ('fault' in fact ? `${fact.kind} ${fact.fault}` : fact.kind))
    expect(told).toEqual(['fault-began 1', 'fault-began 2', 'fault-healed 2', 'fault-healed 1'])
    expect(facts.map((fact) => 'stopsFinality' in fact && fact.stopsFinality)).toEqual([
      false,
      true,
      false,
      false,
    ])
    expect(network.log).toEqual(['kill v4', 'restart v4'])
  })

  it('fixes the leader when the fault begins, for its whole length', async () => {
    let leads = 'v2'
    const { network } = await play({
      timeline: [fault('1', 5, 30, { verb: 'stop', target: leader })],
      leaders: () => [leads],
      onFact: () => {
        leads = 'v3'
      },
    })
    expect(network.log).toEqual(['stop v2', 'restart v2'])
  })

  it('separates a leader from everybody', async () => {
    let during: string[] = []
    await play({
      timeline: [
        fault('1', 0, 20, { verb: 'partition', groups: [leader, nodes(...names)], cut: 'blackhole' }),
      ],
      leaders: () => ['v3'],
      onFact: (fact, net) => {
        if (fact.kind === 'fault-began') during = cutLinks(net)
      },
    })
    expect(during).toEqual(['v1>v3', 'v2>v3', 'v3>v1', 'v3>v2', 'v3>v4', 'v4>v3'])
  })

  it('waits for a view whose leader is alive', async () => {
    const leads = ['v1', 'v1', 'v2']
    const { network } = await play({
      timeline: [
        fault('1', 0, null, { verb: 'kill', target: nodes('v1') }),
        fault('2', 10, 20, { verb: 'kill', target: leader }),
      ],
      leaders: () => [leads.length > 1 ? (leads.shift() as string) : (leads[0] as string)],
    })
    expect(network.log).toEqual(['kill v1', 'kill v2', 'restart v2'])
  })

  it('leaves a node to the fault that took it down first', async () => {
    const { network, facts } = await play({
      timeline: [
        fault('1', 0, 60, { verb: 'kill', target: nodes('v1') }),
        fault('2', 20, 20, { verb: 'pause', target: nodes('v1', 'v2') }),
      ],
    })
    expect(network.log).toEqual(['kill v1', 'pause v2', 'resume v2', 'restart v1'])
    expect(facts[1]).toMatchObject({ fault: '2', nodes: ['v2'] })
  })

  it('makes nodes misbehave, runs seized keys, and ends both', async () => {
    const { network, facts } = await play({
      timeline: [
        fault('1', 0, 400, { verb: 'coerce', target: nodes('v1', 'v2'), behaviours: ['censor', 'stall'] }),
        fault('2', 100, 100, {
          verb: 'seize-keys',
          target: nodes('v3'),
          use: 'twins',
          depth: null,
          reach: null,
        }),
      ],
    })
    expect(network.log).toEqual(['1: v1,v2 censor,stall', 'seize v3', 'release v3', '1: over'])
    expect(facts).toMatchObject([
      { fault: '1', verb: 'coerce', nodes: ['v1', 'v2'], detail: 'censor stall', stopsFinality: false },
      { fault: '2', verb: 'seize-keys', nodes: ['v3'], detail: 'twins' },
      { kind: 'fault-healed', fault: '2' },
      { kind: 'fault-healed', fault: '1' },
    ])
  })

  it('cuts the processes of seized keys off from whoever is out of reach, before they begin', async () => {
    const seizure = { verb: 'seize-keys', use: 'twins', depth: null, reach: ['v1', 'v4'] } as const
    let during: string[] = []
    const { network } = await play({
      timeline: [fault('1', 10, 40, { ...seizure, target: nodes('v3', 'v4') })],
      onFact: (fact, net) => {
        if (fact.kind !== 'fault-began') return
        during = cutLinks(net)
        expect(net.log).toEqual([])
      },
    })
    const cuts = ['v3-seized', 'v4-seized'].flatMap((own) =>
      ['v2', 'v3'].flatMap((far) => [`${own}>${far}`, `${far}>${own}`]),
    )
    expect(during.toSorted()).toEqual(cuts.toSorted())
    expect(network.log).toEqual(['seize v3', 'seize v4', 'release v3', 'release v4'])
    expect(cutLinks(network)).toEqual([])
  })

  it('has another history shown until the fault is healed', async () => {
    const seizure = { verb: 'seize-keys', use: 'rewrite', depth: 9, reach: null } as const
    const { network } = await play({
      timeline: [fault('1', 0, 30, { ...seizure, target: nodes('v2', 'v3') })],
    })
    expect(network.log).toEqual(['1-history: v2,v3, 9', 'hide 1-history'])
  })

  it('opens and closes a flap by its period', async () => {
    const states: boolean[] = []
    const network = memoryNetwork()
    network.links.onChange((changed) => states.push(changed[0]?.link.cut !== 'open'))
    const action: FaultAction = {
      verb: 'flap',
      groups: [nodes('v1'), nodes('v2', 'v3', 'v4')],
      periodMs: 40,
      cut: 'blackhole',
    }
    const plan = {
      nodes: names.map((name, validator) => ({ name, validator, weight: 1 })),
      timeline: [fault('1', 0, 110, action)],
    }
    const ended = runTimeline({
      plan: plan as unknown as Plan,
      network,
      leaders: () => [],
      startMs: monotonicMs(),
      signal: new AbortController().signal,
      emit: () => {},
      problem: () => {},
    })
    await vi.runAllTimersAsync()
    await ended
    expect(states).toEqual([true, false, true, false, true, false])
    expect(cutLinks(network)).toEqual([])
  })

  it('on abort heals what is in force, continues paused nodes, restarts nobody and begins nothing', async () => {
    const abort = new AbortController()
    const { network, facts } = await play({
      timeline: [
        fault('1', 0, 60_000, { verb: 'partition', groups: [nodes('v1'), nodes('v2')], cut: 'blackhole' }),
        fault('2', 5, 60_000, { verb: 'pause', target: nodes('v3') }),
        fault('3', 10, 60_000, { verb: 'kill', target: nodes('v4') }),
        fault('4', 1000, 60_000, { verb: 'kill', target: nodes('v1') }),
      ],
      signal: abort.signal,
      onFact: (fact) => {
        if (fact.kind === 'fault-began' && fact.fault === '3') setTimeout(() => abort.abort(), 5)
      },
    })
    expect(cutLinks(network)).toEqual([])
    expect(network.log).toEqual(['pause v3', 'kill v4', 'resume v3'])
    expect(facts.filter(({ kind }) => kind === 'fault-healed')).toHaveLength(3)
  })

  it('reports a verb that failed', async () => {
    const { problems } = await play({
      timeline: [
        fault('1', 0, 10, { verb: 'shape', from: nodes('v1'), to: nodes('nobody'), set: { delayMs: 5 } }),
      ],
    })
    expect(problems).toEqual([expect.stringContaining('fault 1: no such link: v1 > nobody')])
  })
})
