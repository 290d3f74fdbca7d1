import { describe, expect, test } from 'vitest'
import { recordsOf } from './hybrid-runs.ts'
import { judged, planOf } from './plans.ts'

/** v5 loses its disk and comes back; whoever has the keys is all that it meets for a while. */
function returning(keys: string, options = '', seed = 1) {
  return judged(
    planOf(
      `network:
  validators:
    - { weight: 30, region: N_Virginia }
    - { weight: 20, region: Ireland }
    - { weight: 17, region: Frankfurt }
    - { weight: 28, region: Ireland }
    - { weight: 5, region: Frankfurt }
workload: { rate: 10/s, accounts: 4 }
timeline:
  - { at: 5s, fault: seize-keys, use: rewrite, target: ${keys}, reach: v5${options} }
  - { at: 6s, fault: wipe, target: v5, for: 2s }
  - { at: 6s, fault: partition, groups: [[v5], [rest]], for: 6s }
duration: 16s
`,
      seed,
    ),
  )
}

describe('another history, on the stake chain alone', () => {
  test.each([
    ['from the genesis', ''],
    ['from ten blocks back', ', depth: 10'],
  ])('%s: a node that comes back takes it for the true one', (_, options) => {
    const { problems, metrics, checks } = returning('[v1, v2, v3]', options)
    expect(problems).toEqual([])
    expect(metrics).toMatchObject({ rewrittenNodes: 1, forkedBlocks: 0 })
    expect(checks.filter(({ verdict }) => verdict === 'fail')).toEqual([])
  })

  test('without a quorum of keys there is none, and the report says so', () => {
    const run = returning('[v1, v2]')
    expect(run.metrics.rewrittenNodes).toBe(0)
    const [seizure] = recordsOf(run, 'fault-began')
    expect(seizure?.detail).toMatch(/no quorum/)
  })

  test('whoever never lost its chain keeps it', () => {
    const run = returning('[v1, v2, v3]')
    const heights = recordsOf(run, 'finalized').filter(({ node }) => node !== 'v5')
    const hashes = Map.groupBy(heights, ({ height }) => height)
    for (const [, same] of hashes) expect(new Set(same.map(({ hash }) => hash)).size).toBe(1)
  })
})
