import type { Check, Plan, PlannedFarmer } from '@groundwork/scenario'
import { describe, expect, test } from 'vitest'
import {
  analyze,
  type CheckResult,
  metricsCsv,
  type PlotStanding,
  type TraceFact,
  type TraceRecord,
} from '../src/index.ts'
import { syntheticPlan } from './synthetic.ts'

/** Two farmers with logs that were made up, so that every figure is known beforehand. */

const readyMs = 2000
const endedMs = 12_000
const hash = (height: number, fork = 0): string => `${height}`.padStart(4, '0') + `${fork}`.padStart(4, '0')

function farmer(index: number, more: Partial<PlannedFarmer> = {}): PlannedFarmer {
  const region = index === 0 ? 'Ireland' : 'Mumbai'
  return {
    name: `f${index + 1}`,
    role: 'farmer',
    farmer: index,
    plots: 1,
    k: 16,
    claims: region,
    timelord: index === 0,
    skewMs: 0,
    behaviour: null,
    labels: { region, cloud: 'A', jurisdiction: 'X', entity: 'e' },
    ...more,
  }
}

function planOf(checks: readonly Check[], farmers: readonly PlannedFarmer[]): Plan {
  return {
    ...syntheticPlan({}),
    nodes: farmers,
    checks,
    timeline: [
      {
        id: '1-kill',
        atMs: 4000,
        forMs: 3000,
        action: { verb: 'kill', target: { kind: 'nodes', nodes: ['f1'] } },
      },
    ],
    physical: {
      profile: 'ci',
      engine: 'space',
      squarings: 16_384,
      slotMs: 500,
      epochSlots: 64,
      seedLagSlots: 32,
      winnersPerSlotMilli: 1000,
      kappa: 2,
      locationFaults: 1,
      outsideChallengers: 2,
      locationGraceEpochs: 2,
      unlocatedMilli: 500,
      regionCapMilli: 1000,
      regionFloorMilli: 100,
      nearMs: 15,
      regions: ['Ireland', 'Mumbai'],
    },
  }
}

const tip = (height: number, fork = 0, adopted?: readonly string[], reverted = 0): TraceFact => ({
  kind: 'physical-tip',
  height,
  hash: hash(height, fork),
  slot: height,
  weight: `${height * 10 + fork}`,
  reverted,
  adopted: adopted ?? [hash(height, fork)],
})
const standing: readonly PlotStanding[] = [
  { plot: 'aa', region: 'Ireland', located: true, effective: '300' },
  { plot: 'bb', region: 'Mumbai', located: false, effective: '100' },
]

type Said = readonly [node: string, ms: number, fact: TraceFact]

/** Both grow from 1 to `heights` evenly; what is said besides comes on top. */
function judge(checks: readonly Check[], said: readonly Said[] = [], farmers = [farmer(0), farmer(1)]) {
  const plan = planOf(checks, farmers)
  const all: Said[] = [
    ['controller', 0, { kind: 'run-started', scenario: 'x', runtime: 'process', seed: 1 }],
    ...farmers.map(({ name, timelord, claims }, i): Said => {
      const plots = [{ plot: i === 0 ? 'aa' : 'bb', k: 16, region: claims }]
      const started: TraceFact = {
        kind: 'farmer-started',
        pid: 1,
        chain: '00',
        engine: 'space',
        lottery: 'plots',
        vdf: 'wesolowski',
        signatures: 'ed25519',
        timelord,
        plots,
        byzantine: [],
      }
      return [name, 100, started]
    }),
    ...farmers.map(
      ({ name }): Said => [
        name,
        150,
        { kind: 'physical-epoch', epoch: 0, difficulty: '1', space: '400', plots: standing },
      ],
    ),
    ['controller', readyMs, { kind: 'network-ready' }],
    ...said,
    ['controller', endedMs, { kind: 'run-ended', reason: 'completed' }],
  ]
  const records = all
    .map(([node, ms, fact]) => ({ v: 1, node, monoMs: ms, wallMs: ms, ...fact }) as TraceRecord)
    .sort((a, b) => a.monoMs - b.monoMs)
  return analyze(plan, records)
}
const verdictOf = (name: Check['check'] | CheckResult['check'], analysis: ReturnType<typeof judge>) =>
  analysis.checks.find(({ check }) => check === name)

/** One block a second on both, known to both. */
const grown: readonly Said[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].flatMap((height): Said[] => {
  const ms = readyMs - 500 + height * 1000
  const block = { height, hash: hash(height), slot: 2 * height, plot: 'aa', items: 0 }
  return [
    ['f1', ms, { kind: 'farmed', ...block }],
    ['f1', ms, { kind: 'physical-block', ...block }],
    ['f1', ms, tip(height)],
    ['f2', ms + 20, { kind: 'physical-block', ...block }],
    ['f2', ms + 20, tip(height)],
  ]
})

describe('checks', () => {
  test('growth is blocks per slot since readiness', () => {
    const check = { check: 'physical-growth', minMilli: 500, maxMilli: 500, nodes: null } as const
    expect(verdictOf('physical-growth', judge([check], grown))).toMatchObject({ verdict: 'pass' })
    expect(verdictOf('physical-growth', judge([{ ...check, minMilli: 501 }], grown))?.verdict).toBe('fail')
    expect(verdictOf('physical-growth', judge([{ ...check, maxMilli: 499 }], grown))?.verdict).toBe('fail')
  })

  test('farmers agree below kappa, or do not', () => {
    const check = { check: 'physical-agreement', kappa: null } as const
    expect(verdictOf('physical-agreement', judge([check], grown))?.verdict).toBe('pass')
    const fork = (from: number): Said => {
      const adopted = Array.from({ length: 11 - from }, (_, i) => hash(from + i, 7))
      return ['f2', endedMs - 100, tip(10, 7, adopted, 11 - from)]
    }
    // kappa is 2: the newest two may differ.
    expect(verdictOf('physical-agreement', judge([check], [...grown, fork(9)]))?.verdict).toBe('pass')
    const parted = verdictOf('physical-agreement', judge([check], [...grown, fork(8)]))
    expect(parted).toMatchObject({ verdict: 'fail', concerns: 'safety' })
    expect(parted?.detail).toContain('f1 and f2 at height 8')
  })

  test('the deepest reorg of an honest farmer counts', () => {
    const reorg = (depth: number): TraceFact => ({
      kind: 'reorg',
      depth,
      fromHeight: 9,
      fromHash: '00',
      toHeight: 9,
      toHash: '01',
    })
    const said: Said[] = [...grown, ['f2', 8000, reorg(3)], ['f2', endedMs + 1, reorg(9)]]
    const of = (minDepth: number | null, maxDepth: number | null, farmers?: readonly PlannedFarmer[]) =>
      verdictOf('reorg', judge([{ check: 'reorg', minDepth, maxDepth }], said, farmers?.slice()))?.verdict
    expect([of(3, null), of(4, null), of(null, 3), of(null, 2)]).toEqual(['pass', 'fail', 'pass', 'fail'])
    expect(of(null, 0, [farmer(0), farmer(1, { behaviour: 'private-fork' })])).toBe('pass')
  })

  test('what was refused is counted by reason over all farmers', () => {
    const counts = (far: number): TraceFact => ({
      kind: 'physical-refused',
      counts: { 'location-far': far, other: 1 },
    })
    const said: Said[] = [...grown, ['f1', 3000, counts(2)], ['f1', 4000, counts(1)], ['f2', 4000, counts(1)]]
    const of = (reason: string, min: number) =>
      verdictOf('refused', judge([{ check: 'refused', reason, min }], said))
    expect(of('location-far', 4)?.verdict).toBe('pass')
    expect(of('location-far', 5)?.verdict).toBe('fail')
    expect(of('nothing', 1)?.detail).toContain('location-far 4 and other 3')
  })

  test('shares of a region and proven places are those of the last epoch', () => {
    const share = (maxMilli: number) =>
      verdictOf('region-share', judge([{ check: 'region-share', maxMilli, region: null }], grown))?.verdict
    expect([share(750), share(749)]).toEqual(['pass', 'fail'])
    const located = (nodes: readonly string[], expected: 'proven' | 'unproven') =>
      verdictOf(
        'located',
        judge([{ check: 'located', nodes: { kind: 'nodes', nodes }, expect: expected }], grown),
      )?.verdict
    expect([located(['f1'], 'proven'), located(['f2'], 'unproven'), located(['f1', 'f2'], 'proven')]).toEqual(
      ['pass', 'pass', 'fail'],
    )
  })

  test('a chain halts while a fault lasts, or does not; gaps are seen', () => {
    const fault: Said[] = [
      [
        'controller',
        6000,
        {
          kind: 'fault-began',
          fault: '1-kill',
          verb: 'kill',
          nodes: ['f1'],
          detail: '',
          stopsFinality: false,
        },
      ],
      ['controller', 9000, { kind: 'fault-healed', fault: '1-kill' }],
    ]
    const halts: Check = { check: 'physical-halts', fault: '1-kill', nodes: null, settleMs: 1000 }
    const still = grown.filter(([, ms]) => ms < 6900 || ms > 9000)
    expect(verdictOf('physical-halts', judge([halts], [...still, ...fault]))?.verdict).toBe('pass')
    expect(verdictOf('physical-halts', judge([halts], [...grown, ...fault]))?.verdict).toBe('fail')
    expect(verdictOf('physical-halts', judge([halts], grown))?.verdict).toBe('invalid')
    const gap = (maxMs: number): Check => ({ check: 'physical-gap', maxMs, nodes: null })
    expect(verdictOf('physical-gap', judge([gap(3000)], still))?.verdict).toBe('pass')
    expect(verdictOf('physical-gap', judge([gap(2999)], still))?.verdict).toBe('fail')
  })

  test('every run: the chain grew, never became lighter, and nobody farmed twice', () => {
    const good = judge([], grown)
    expect(good.checks.map(({ check, verdict }) => [check, verdict])).toEqual([
      ['physical-liveness', 'pass'],
      ['physical-weight', 'pass'],
      ['no-double-farm', 'pass'],
    ])
    expect(verdictOf('physical-liveness', judge([]))?.verdict).toBe('fail')
    const lighter: Said = ['f1', endedMs - 50, { ...tip(10), weight: '5' } as TraceFact]
    expect(verdictOf('physical-weight', judge([], [...grown, lighter]))?.verdict).toBe('fail')
    const twice: Said = ['f1', 9000, { kind: 'farmed', height: 9, hash: 'ff', slot: 6, plot: 'aa', items: 0 }]
    expect(verdictOf('no-double-farm', judge([], [...grown, twice]))?.verdict).toBe('fail')
  })

  test('drawn races of private chains are held to their bounds', () => {
    const of = (min: number, max: number) =>
      judge(
        [{ check: 'private-chain', kappa: 2, races: 100, bounds: [{ shareMilli: 300, min, max }] }],
        grown,
      )
    expect(verdictOf('private-chain', of(0.2, 0.8))?.verdict).toBe('pass')
    expect(verdictOf('private-chain', of(0, 0.01))?.verdict).toBe('fail')
    expect(of(0, 1).metrics.physical?.privateChains).toHaveLength(1)
  })
})

test('metrics: orphans, late slots, roles, and rows of the table', () => {
  const orphan = { height: 5, hash: hash(5, 1), slot: 10, plot: 'bb', items: 0 }
  const resources = (cpuShare: number): TraceFact => ({
    kind: 'resources',
    rssMiB: 100,
    pssMiB: null,
    cpuShare,
    loopLagMsMax: 1,
  })
  const { metrics, signatures, series } = judge(
    [],
    [
      ...grown,
      ['f2', 7000, { kind: 'physical-block', ...orphan }],
      ['f1', 5000, { kind: 'slot-proof', slot: 5, lateMs: 100 }],
      ['f2', 5000, { kind: 'slot-proof', slot: 5, lateMs: 600 }],
      ['f1', 5000, { kind: 'vdf', slot: 5, evaluateMs: 14, lagSlots: 1 }],
      ['f1', 6000, resources(0.3)],
      ['f2', 6000, resources(0.1)],
    ],
  )
  expect(signatures).toBe('ed25519')
  expect(metrics.physical).toMatchObject({
    simulated: [],
    height: 10,
    blocks: 11,
    orphans: 1,
    orphanRate: 0.091,
    growth: 0.5,
    slotsLateShare: 0.5,
    vdfEvaluateP50Ms: 14,
    vdfLagSlotsMax: 1,
    regions: [
      { region: 'Ireland', shareMilli: 750 },
      { region: 'Mumbai', shareMilli: 250 },
    ],
    roles: [
      { role: 'farmer', processes: 1, cpuShare: 0.1 },
      { role: 'timelord', processes: 1, cpuShare: 0.3 },
    ],
  })
  expect(metrics.finalityGapMs).toBeNull()
  const rows = metricsCsv(metrics).split('\r\n')
  expect(rows).toEqual(
    expect.arrayContaining([
      'physicalHeight,,10',
      'spaceShareMilli,Ireland,750',
      'roleCpuShare,timelord,0.3',
      'physicalFarmed,f1,10',
    ]),
  )
  expect(series.physical?.map(({ node, heights }) => [node, heights.at(-1)])).toEqual([
    ['f1', [9500, 10]],
    ['f2', [9520, 10]],
  ])
})
