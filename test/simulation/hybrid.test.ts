import { expect, test } from 'vitest'
import type { TraceRecord } from '../../packages/trace/src/index.ts'
import { judged, planOf } from './plans.ts'

/** Both chains and what ties them, whole, in virtual time. */

const network = `ledger: hybrid
network:
  regions: { N_Virginia: 3, Ireland: 2, Mumbai: 2 }
  physical: { farmers: 6, profile: ci }
`
type Run = ReturnType<typeof judged>
const hybrid = (text: string, seed = 1): Run => judged(planOf(`${network}${text}`, seed))

type Of<K extends TraceRecord['kind']> = Extract<TraceRecord, { kind: K }>
function recordsOf<K extends TraceRecord['kind']>({ records }: Run, kind: K): Of<K>[] {
  return records.filter((record): record is Of<K> => record.kind === kind)
}
const derivedBy = (run: Run, node: string) =>
  recordsOf(run, 'derived').filter((record) => record.node === node)

test('a quiet network stays in FAST and anchors what it finalizes; the same seed gives the same records', () => {
  const run = hybrid('workload: { rate: 10/s, accounts: 8 }\nduration: 30s\n')
  expect(run.problems).toEqual([])
  const derived = derivedBy(run, 'v1')
  expect(derived.length).toBeGreaterThan(50)
  expect(derived.every(({ mode }) => mode === 'FAST')).toBe(true)
  expect(recordsOf(run, 'hazard')).toEqual([])
  const final = Math.max(...recordsOf(run, 'finalized').map(({ height }) => height))
  const anchored = recordsOf(run, 'ledger').filter(
    ({ ledger, node }) => ledger === 'anchored' && node === 'v1',
  )
  expect(final).toBeGreaterThan(50)
  expect(final - (anchored.at(-1)?.stake.height ?? 0)).toBeLessThan(15)
  expect(hybrid('workload: { rate: 10/s, accounts: 8 }\nduration: 30s\n').auditHash).toBe(run.auditHash)
})
