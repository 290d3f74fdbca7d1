import { inclusionBoundBlocks, recoveryBlocks } from '@groundwork/hybrid-core'
import { describe, expect, test } from 'vitest'
import { type HybridEvent, parseTrace, type TraceFact } from '../src/index.ts'
import {
  brokenBy,
  checkpoint,
  derived,
  type HybridLog,
  hybridLog,
  judge,
  parameters,
  physicalHash,
  stakeBlock,
  supply,
  tip,
  windowClosed,
} from './hybrid-log.ts'
import { allSeven, killOf, name, partitionOf, readyMs } from './synthetic.ts'

const bound = inclusionBoundBlocks(parameters)
const forced = name('forced')
const posted: HybridEvent = { kind: 'forced-posted', transaction: forced }
const executed = (height: number): HybridEvent => ({
  kind: 'forced-executed',
  transaction: forced,
  posted: height,
  code: null,
  by: 'checkpoint',
})
const began: HybridEvent = { kind: 'recorded-began', needed: 2, firstWindow: 4 }
const resumed: HybridEvent = { kind: 'fast-resumed', validators: [] }
const epochBegan: HybridEvent = { kind: 'epoch-began', number: 1, id: 'bb' }
const delivered = (...heights: number[]): TraceFact => ({
  kind: 'delivered',
  blocks: heights.map((height) => stakeBlock(height)),
})
const anchoredAt = (height: number, hash = stakeBlock(height).hash): TraceFact => ({
  kind: 'ledger',
  ledger: 'anchored',
  stake: { epoch: 0, height, hash },
  physicalHeight: 10,
})
const at = (height: number): number => readyMs + height * 500
/** f2 has gone another way from `fork` + 1 on, up to `to`, and comes back. */
function fork(
  from: number,
  to: number,
  events: Readonly<Record<number, readonly HybridEvent[]>>,
): HybridLog['more'] {
  const side = Array.from({ length: to - from }, (_, i) => from + 1 + i)
  const main = side.map((height) => physicalHash(height))
  const other = side.map((height) => physicalHash(height, 'x'))
  return [
    ['f2', at(to) + 10, tip(to, 'x', other, to - from)],
    ...side.map((height, i): [string, number, TraceFact] => [
      'f2',
      at(to) + 11 + i,
      derived(height, events[height] ?? [], 'FAST', 'x'),
    ]),
    ['f2', at(to) + 40, { ...tip(to, '', main, to - from), weight: `${to * 10 + 2}` } as TraceFact],
  ]
}

describe('a run that keeps everything', () => {
  const log = hybridLog({
    events: {
      10: [posted, checkpoint(20, 20)],
      14: [executed(10), checkpoint(30, 10)],
      20: [{ kind: 'unbonding-began', lot: 1, amount: 1, due: 20 + 67 }],
    },
    more: [
      ['v1', at(30), delivered(1, 20, 30)],
      ['f1', at(20), anchoredAt(20)],
      ['f2', at(30), anchoredAt(30)],
      ...(fork(20, 22, {}) ?? []),
    ],
  })
  test('breaks no invariant, and every one that applies is judged', () => {
    expect(brokenBy(log)).toEqual([])
    expect(judge(log).verdict).toBe('pass')
    const names = judge(log).checks.map(({ check }) => check)
    expect(names).toEqual(
      expect.arrayContaining([
        'anchored-consistency',
        'forced-inclusion',
        'no-fast-reversal',
        'unique-reconfiguration',
        'determinism',
        'unbonding',
        'conservation',
        'bounded-rollback',
      ]),
    )
  })

  test('measures inclusion, and what was reverted, slashed and leaked', () => {
    expect(judge(log).metrics).toMatchObject({
      forcedInclusionMaxBlocks: 4,
      forcedInclusionBoundBlocks: bound,
      forcedPosted: 1,
      forcedExecuted: 1,
      revertedFastBlocks: 0,
      slashedStake: 0,
      leakedStake: 0,
      recordedEntries: 0,
      recoveryMs: null,
      fastShare: 1,
    })
  })

  test('is read back as it was written', () => {
    const lines = log.records.map((record) => JSON.stringify(record))
    expect(parseTrace(lines)).toEqual({ records: log.records, problems: [] })
  })
})

/** Each log violates one invariant and nothing else. */
const violations: readonly (readonly [string, string, HybridLog])[] = [
  [
    'I5',
    'two nodes anchor different blocks at one height',
    {
      more: [
        ['f1', at(20), anchoredAt(20)],
        ['f2', at(20), anchoredAt(20, name('other'))],
      ],
    },
  ],
  [
    'I6',
    'a forced transaction is executed too late',
    { events: { 10: [posted], [11 + bound]: [executed(10)] } },
  ],
  ['I6', 'a forced transaction is never executed', { events: { 10: [posted] } }],
  [
    'I7',
    'a delivered block is passed over by a checkpoint',
    {
      events: { 20: [checkpoint(30, 30)] },
      more: [
        ['v1', at(10), { kind: 'delivered', blocks: [{ epoch: 0, height: 10, hash: name('elsewhere') }] }],
      ],
    },
  ],
  [
    'I7',
    'the epoch of a delivered block ends without it',
    {
      events: { 20: [checkpoint(30, 30)], 40: [began] },
      recorded: [40, 60],
      more: [['v1', at(30), delivered(31)]],
    },
  ],
  [
    'I9',
    'two forks justify targets of their own',
    {
      events: { 29: [windowClosed(2)] },
      more: fork(20, 30, { 29: [windowClosed(2)] })?.map(([node, ms, fact]) => [node, ms, fact]) ?? [],
    },
  ],
  [
    'I10',
    'two nodes derive different roots',
    {
      more: [['f1', at(30), { ...derived(24, []), root: name('another root') }]],
    },
  ],
  [
    'I10',
    'two nodes read different things out of a block',
    {
      more: [['f1', at(30), derived(25, [epochBegan])]],
    },
  ],
  [
    'I11',
    'stake is paid out before its time',
    {
      events: {
        20: [{ kind: 'unbonding-began', lot: 1, amount: 1, due: 87 }],
        50: [{ kind: 'payout', lot: 1, amount: 1 }],
      },
    },
  ],
  [
    'I11',
    'stake is paid out that never stopped to count',
    { events: { 50: [{ kind: 'payout', lot: 1, amount: 1 }] } },
  ],
  ['I12', 'something vanishes', { supplies: { 32: { ...supply, total: '999' } } }],
  [
    'I13',
    'a checkpointed block is reverted',
    {
      events: { 20: [checkpoint(30, 30)] },
      more: [
        [
          'f1',
          at(40),
          {
            kind: 'hazard',
            hazard: 'fast-reverted',
            reason: 'recorded',
            tip: physicalHash(40),
            height: 40,
            fork: 30,
            lost: [stakeBlock(25)],
            instead: [],
          },
        ],
      ],
    },
  ],
]

describe('each invariant breaks by itself', () => {
  test.each(violations)('%s: %s', (invariant, _, init) => {
    expect(brokenBy(hybridLog(init))).toEqual([invariant])
  })

  test.each(violations)(
    '%s, where it is meant to (%s), is a pass, and the others still count',
    (invariant, _, init) => {
      const check = { check: 'expect-broken', invariant: invariant as 'I9' } as const
      expect(judge(hybridLog({ ...init, checks: [check] })).verdict).toBe('pass')
      const second =
        invariant === 'I12' ? { events: { 10: [posted] } } : { supplies: { 32: { ...supply, total: '1' } } }
      expect(judge(hybridLog({ ...init, ...second, checks: [check] })).verdict).toBe('fail')
    },
  )

  test('what was meant to break and held is a failure', () => {
    const log = hybridLog({ checks: [{ check: 'expect-broken', invariant: 'I9' }] })
    expect(judge(log).reasons).toEqual([
      'I9 was expected to break and held: No two forks reconfigured; 0 justified windows.',
    ])
  })
})

describe('I15: finality after a heal', () => {
  const cut = (recoverMs: number): HybridLog => ({
    faults: [
      {
        action: partitionOf(['v1', 'v2', 'v3'], ['v4', 'v5', 'v6', 'v7']),
        atMs: 5000,
        forMs: 4000,
        silenced: allSeven,
        recoverMs,
      },
    ],
  })
  test('that takes longer than five seconds breaks it, and nothing else', () => {
    expect(brokenBy(hybridLog(cut(4000)))).toEqual([])
    expect(brokenBy(hybridLog(cut(6000)))).toEqual(['I15'])
    expect(
      judge(hybridLog({ ...cut(6000), checks: [{ check: 'expect-broken', invariant: 'I15' }] })).verdict,
    ).toBe('pass')
  })
  test('is not demanded in RECORDED, nor when the physical chain took back more than kappa', () => {
    const recorded: HybridLog = { ...cut(6000), events: { 12: [began] }, recorded: [12, 60] }
    expect(brokenBy(hybridLog(recorded))).toEqual([])
    expect(brokenBy(hybridLog({ ...cut(6000), more: fork(40, 45, {}) ?? [] }))).toEqual([])
  })
})

describe('what is not demanded', () => {
  const passedOver: HybridLog = {
    events: { 20: [checkpoint(30, 30)] },
    more: [
      ['v1', at(10), { kind: 'delivered', blocks: [{ epoch: 0, height: 10, hash: name('elsewhere') }] }],
    ],
  }
  test('that fast blocks stay when the physical chain takes back more than kappa', () => {
    const log = hybridLog({ ...passedOver, more: [...(passedOver.more ?? []), ...(fork(40, 45, {}) ?? [])] })
    expect(brokenBy(log)).toEqual([])
    expect(judge(log).metrics.revertedFastBlocks).toBe(1)
  })
  test('that fast blocks stay when half of the space is coerced', () => {
    const { plan, records } = hybridLog(passedOver)
    const coerced = records.map((record) =>
      record.kind === 'farmer-started' && record.node === 'f2'
        ? { ...record, byzantine: ['private-fork'] }
        : record,
    )
    expect(brokenBy({ plan, records: coerced })).toEqual([])
    expect(
      judge({ plan, records: coerced }).checks.find(({ check }) => check === 'no-fast-reversal')?.detail,
    ).toBe('Not demanded: 50 % of the space is faulty; 1 delivered block will never be anchored.')
  })
  test('that one fork reconfigures when a window lies in their common past', () => {
    const more = fork(24, 30, { 29: [windowClosed(2)] })
    expect(brokenBy(hybridLog({ events: { 29: [windowClosed(2)] }, more: more ?? [] }))).toEqual([])
  })
})

describe('I8: recovery after stake went for good', () => {
  // Four of seven are gone: 2 windows of leak make 1 of 4 beside 3; then 2 windows of the exit.
  const gone = ['v4', 'v5', 'v6', 'v7']
  const blocks = recoveryBlocks(parameters, 2, 2)
  const predicted = Math.round(blocks.mean * (250 / (1 - Math.exp(-1))))
  const lossy = (backMs: number | null, durationMs = 120_000): HybridLog => ({
    durationMs,
    length: 200,
    faults: [{ action: killOf(...gone), atMs: 5000, forMs: null, silenced: allSeven }],
    events: { 28: [began], 90: [resumed, epochBegan] },
    recorded: [28, 89],
    more:
      backMs === null
        ? []
        : [
            [
              'v1',
              readyMs + 5000 + backMs,
              {
                kind: 'finalized',
                view: 1,
                height: 1,
                hash: name('back'),
                parent: name('exit'),
                proposer: 0,
                proof: 'aa',
                certificate: 'bb',
                transactions: [],
              },
            ],
          ],
  })
  const log = (init: HybridLog) => {
    const { plan, records } = hybridLog(init)
    return {
      plan,
      records: records.map((one) =>
        one.kind === 'finalized' && one.hash === name('back') ? { ...one, stakeEpoch: 1 } : one,
      ),
    }
  }
  test('within T_rec and its tolerance', () => {
    const judged = judge(log(lossy(predicted)))
    expect(judged.metrics).toMatchObject({ recoveryMs: predicted, recoveryPredictedMs: predicted })
    expect(brokenBy(log(lossy(predicted)))).toEqual([])
  })
  test('later than that, or never, is a failure', () => {
    expect(brokenBy(log(lossy(Math.round(predicted * 1.31))))).toEqual(['I8'])
    expect(brokenBy(log(lossy(null)))).toEqual(['I8'])
  })
  test('a run that ends before is not judged', () => {
    expect(judge(log(lossy(null, 40_000))).verdict).toBe('invalid')
  })
})
