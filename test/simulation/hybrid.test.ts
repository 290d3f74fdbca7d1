import { expect, test } from 'vitest'
import { hybridProfiles, inclusionBoundBlocks } from '../../packages/hybrid-core/src/index.ts'
import { eventsOf, hybridRun, inclusions, recordsOf, type Shape } from './hybrid-runs.ts'

/** Both chains and what ties them, whole, in virtual time: as much as docs/hybrid.md says, with messages between. */

const ten: Shape = {
  validators: { N_Virginia: 4, Ireland: 3, Mumbai: 3 },
  farmers: { N_Virginia: 2, Ireland: 2, Mumbai: 2 },
}
const first = (count: number): string[] => Array.from({ length: count }, (_, i) => `v${i + 1}`)

test('a quiet network stays in FAST and anchors what it finalizes; the same seed gives the same records', () => {
  const text = 'workload: { rate: 5/s, accounts: 8 }\nduration: 30s'
  const run = hybridRun(ten, text)
  expect(run.problems).toEqual([])
  const derived = recordsOf(run, 'derived').filter(({ node }) => node === 'v1')
  expect(derived.length).toBeGreaterThan(50)
  expect(derived.every(({ mode }) => mode === 'FAST')).toBe(true)
  expect(recordsOf(run, 'hazard')).toEqual([])
  const final = Math.max(...recordsOf(run, 'finalized').map(({ height }) => height))
  const anchored = recordsOf(run, 'ledger').filter(
    ({ ledger, node }) => ledger === 'anchored' && node === 'v1',
  )
  expect(final).toBeGreaterThan(50)
  expect(final - (anchored.at(-1)?.stake.height ?? 0)).toBeLessThan(15)
  expect(hybridRun(ten, text).auditHash).toBe(run.auditHash)
})

test('every node derives the same from the same block', () => {
  const run = hybridRun(ten, 'timeline: [{ at: 5s, fault: kill, target: v1, for: 5s }]\nduration: 25s')
  const roots = new Map<string, Set<string>>()
  for (const { block, root } of recordsOf(run, 'derived'))
    if (root !== null) roots.set(block, (roots.get(block) ?? new Set()).add(root))
  expect(roots.size).toBeGreaterThan(3)
  for (const found of roots.values()) expect(found.size).toBe(1)
})

/** docs/hybrid.md: physical blocks until FAST, with the kappa until an exit counts. */
test.each([
  { gone: 4, least: 99, most: 112 },
  { gone: 6, least: 114, most: 128 },
  { gone: 8, least: 146, most: 160 },
])('$gone tenths of the stake vanish: FAST is back after $least to $most blocks', ({ gone, least, most }) => {
  const run = hybridRun(
    { ...ten, profile: 'demo' },
    `workload: { rate: 1/s, accounts: 4 }
timeline: [{ at: 30s, fault: kill, target: [${first(gone)}] }]
duration: 330s`,
  )
  const last = eventsOf(run, 'v10', 'checkpoint-accepted')
    .filter(({ event }) => event.epoch === 0)
    .at(-1)
  const resumed = eventsOf(run, 'v10', 'fast-resumed').at(-1)
  const blocks = (resumed?.height ?? 0) - (last?.height ?? 0) + hybridProfiles.demo.kappa
  expect(blocks).toBeGreaterThanOrEqual(least)
  expect(blocks).toBeLessThanOrEqual(most)
  // And it goes on, among those who are left.
  const after = recordsOf(run, 'finalized').filter(
    ({ node, monoMs }) => node === 'v10' && monoMs > (resumed?.monoMs ?? 0),
  )
  expect(after.length).toBeGreaterThan(20)
  expect(recordsOf(run, 'hazard')).toEqual([])
})

test.each([1, 4, 7, 10])(
  'coerced stake of %s tenths never delays a forced transaction beyond D',
  (coerced) => {
    const run = hybridRun(
      ten,
      `workload: { rate: 1/s, accounts: 4, streams: [{ by: physical, to: target, from: 8s, every: 4s, count: 12 }] }
timeline: [{ at: 5s, fault: coerce, target: [${first(coerced)}], behaviour: censor }]
duration: 80s`,
    )
    const waited = [...inclusions(run, 'f1').values()]
    expect(waited.length).toBe(12)
    expect(waited).not.toContain(null)
    const most = Math.max(...waited.map((blocks) => blocks ?? Number.POSITIVE_INFINITY))
    expect(most).toBeLessThanOrEqual(inclusionBoundBlocks(hybridProfiles.ci))
    // Below a third they change nothing; from there on they cost themselves FAST, and nobody its stake.
    expect(eventsOf(run, 'f1', 'recorded-began').length > 0).toBe(coerced > 3)
    expect(eventsOf(run, 'f1', 'slashed')).toEqual([])
  },
)
