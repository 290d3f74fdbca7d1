import { expect, test } from 'vitest'
import { judged, libraryPlan, libraryRun, libraryText, physicalStandIns, planOf } from './plans.ts'

/** The physical chain in virtual time: its scenarios are green, and fail where what they show is taken away. */

const names = ['physical-baseline', 'physical-partition', 'timelord-loss', 'spoofed-place', 'regional-cap']

test.each(names)('%s passes, and says what is modelled', (name) => {
  const run = libraryRun(name, 1)
  expect(run.problems).toEqual([])
  expect({ verdict: run.verdict, reasons: run.reasons }).toEqual({ verdict: 'pass', reasons: [] })
  expect(run.metrics.physical?.simulated).toEqual([...physicalStandIns])
})

/** The library's scenario with one change; what it is held to stays. */
function changed(name: string, from: string | RegExp, to: string) {
  const text = libraryText(name)
  const other = text.replace(from, to)
  expect(other).not.toBe(text)
  return judged(planOf(other, 1))
}
const failedChecks = (run: ReturnType<typeof judged>) =>
  run.checks.filter(({ verdict }) => verdict !== 'pass').map(({ check }) => check)

test('the same plan gives the same records, another seed gives others', () => {
  const { auditHash } = libraryRun('physical-partition', 1)
  expect(judged(libraryPlan('physical-partition', 1)).auditHash).toBe(auditHash)
  expect(judged(libraryPlan('physical-partition', 2)).auditHash).not.toBe(auditHash)
})

test('physical-partition: without the cut no reorg is deep', () => {
  expect(failedChecks(changed('physical-partition', /timeline:[\s\S]*?checks:/, 'checks:'))).toEqual([
    'reorg',
  ])
})

test('spoofed-place: the same claim is proven where the farmer really stands there', () => {
  const near = changed('spoofed-place', 'Ireland: 4, Mumbai: 3', 'Mumbai: 3, Ireland: 4')
  // f9 is one of those in Ireland now: neither unproven nor too far.
  expect(failedChecks(near)).toEqual(['located', 'refused'])
})

test('regional-cap: without the cap the region keeps eight tenths', () => {
  const free = changed('regional-cap', 'cap: 40%', 'cap: 100%')
  expect(failedChecks(free)).toEqual(['region-share'])
  expect(free.metrics.physical?.regions[0]).toEqual({ region: 'Ireland', shareMilli: 800 })
})

test('timelord-loss: a timelord that stays keeps the chain going', () => {
  expect(failedChecks(changed('timelord-loss', 'target: role=timelord', 'target: [f1, f3]'))).toEqual([
    'physical-halts',
  ])
})

test('farmers with wrong clocks, a frozen one and one that loses its disk end on one chain', () => {
  const run = judged(
    planOf(
      `network:
  physical: { overrides: { f2: { skew: 2s }, f4: { skew: -2s } } }
timeline:
  - { at: 5s, fault: wipe, target: f6, for: 4s }
  - { at: 12s, fault: pause, target: f3, for: 5s }
  - { at: 12s, fault: stop, target: f5, for: 5s }
checks: [physical-agreement, physical-growth: { min: 40% }, reorg: { maxDepth: 25 }]
duration: 40s
`,
      1,
    ),
  )
  expect({ verdict: run.verdict, reasons: run.reasons }).toEqual({ verdict: 'pass', reasons: [] })
  const heights = run.metrics.physical?.farmers.map(({ height }) => height) ?? []
  // The first clock is four slots ahead of the last.
  expect(Math.max(...heights) - Math.min(...heights)).toBeLessThanOrEqual(5)
})

test('the lottery of hashes grows a chain of its own', () => {
  const run = judged(planOf('network: { physical: { engine: work } }\nduration: 20s\n', 1))
  expect({ verdict: run.verdict, reasons: run.reasons }).toEqual({ verdict: 'pass', reasons: [] })
})
