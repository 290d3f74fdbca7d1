import { expect, test } from 'vitest'
import { bestChain, eventsOf, hybridRun, type Run, recordsOf } from './hybrid-runs.ts'

/** Two sides for seventy seconds, by stake and space. Side A stands in Ireland. */

const [cutMs, healMs, endMs] = [10_000, 80_000, 140_000]
const inFlightMs = 100

function partition(stake: number, space: number, theta = '2/3') {
  const run = hybridRun(
    {
      validators: { Ireland: stake, Mumbai: 10 - stake },
      farmers: { Ireland: space, Mumbai: 10 - space },
      hybrid: `{ parameters: { theta: ${theta} } }`,
    },
    `workload: { rate: 1/s, accounts: 4 }
timeline: [{ at: ${cutMs}ms, fault: partition, groups: [region=Ireland, region=Mumbai], for: ${healMs - cutMs}ms }]
duration: ${endMs / 1000}s`,
  )
  expect(run.problems).toEqual([])
  const [a, b] = ['v1', 'v10'].map((node) => sideOf(run, node)) as [Side, Side]
  // Whatever happened, both are one network again, and final.
  expect(Math.min(a.finalAfter, b.finalAfter)).toBeGreaterThan(30)
  const [bestOfA, bestOfB] = [bestChain(run, 'f1'), bestChain(run, 'f10')]
  const differing = [...bestOfA].filter((block) => !bestOfB.has(block))
  expect(differing.length).toBeLessThanOrEqual(3)
  return { run, a, b }
}

interface Side {
  /** While cut off. */
  readonly justified: number
  readonly resumed: boolean
  /** Blocks finalized in the last five sixths of the cut, and well after the heal. */
  readonly final: number
  readonly finalAfter: number
  /** Blocks that clients were told of before the cut came, or well after it, and that are gone. */
  readonly reverted: number
}

function sideOf(run: Run, node: string): Side {
  const readyMs = recordsOf(run, 'network-ready')[0]?.monoMs ?? 0
  const isCut = ({ monoMs }: { monoMs: number }) => monoMs > readyMs + cutMs && monoMs < readyMs + healMs
  const finalized = (fromMs: number, toMs: number) =>
    recordsOf(run, 'finalized').filter(
      (record) => record.node === node && record.monoMs > readyMs + fromMs && record.monoMs < readyMs + toMs,
    ).length
  const hazards = recordsOf(run, 'hazard').filter((record) => record.node === node)
  // Certificates that were on their way when the cut came, final for those alone who had them already.
  const inFlight = new Set(
    recordsOf(run, 'finalized')
      .filter(({ monoMs }) => Math.abs(monoMs - readyMs - cutMs) < inFlightMs)
      .map(({ hash }) => hash),
  )
  return {
    justified: eventsOf(run, node, 'window-closed').filter((told) => isCut(told) && told.event.justified)
      .length,
    resumed: eventsOf(run, node, 'fast-resumed').some(isCut),
    final: finalized(cutMs + 10_000, healMs),
    finalAfter: finalized(endMs - 40_000, endMs),
    reverted: hazards
      .filter(({ hazard }) => hazard === 'fast-reverted')
      .reduce((sum, { lost }) => sum + lost.filter(({ hash }) => !inFlight.has(hash)).length, 0),
  }
}

test('.7 of stake and space on one side: it goes on, the other stops, nothing is reverted', () => {
  const { run, a, b } = partition(7, 7)
  expect(a).toMatchObject({ justified: 0, resumed: false, reverted: 0 })
  expect(a.final).toBeGreaterThan(40)
  expect(b).toMatchObject({ justified: 0, resumed: false, final: 0, reverted: 0 })
  expect(eventsOf(run, 'v1', 'slashed')).toEqual([])
})

test('.5 of the stake and .7 of the space: that side alone reconfigures', () => {
  const { a, b } = partition(5, 7)
  expect(a).toMatchObject({ resumed: true, reverted: 0 })
  expect(b).toMatchObject({ justified: 0, resumed: false, final: 0, reverted: 0 })
})

test('.5 and .5: nobody reconfigures; FAST returns after the heal', () => {
  const { a, b } = partition(5, 5)
  for (const side of [a, b])
    expect(side).toMatchObject({ justified: 0, resumed: false, final: 0, reverted: 0 })
})

test('.7 of the stake and .3 of the space, the bad case: the side with the space wins, and nobody is to blame', () => {
  const { run, a, b } = partition(7, 3)
  expect(a).toMatchObject({ justified: 0, resumed: false })
  expect(a.final).toBeGreaterThan(40)
  expect(a.reverted).toBeGreaterThan(40)
  expect(b).toMatchObject({ resumed: true, reverted: 0 })
  expect(eventsOf(run, 'v1', 'slashed')).toEqual([])
})

test('without a space quorum both sides of .5 and .5 reconfigure and finalize: the leak forks', () => {
  const { a, b } = partition(5, 5, '0')
  for (const side of [a, b]) {
    expect(side.resumed).toBe(true)
    expect(side.final).toBeGreaterThan(0)
  }
  expect(Math.max(a.reverted, b.reverted)).toBeGreaterThan(0)
})
