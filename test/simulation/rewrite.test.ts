import { describe, expect, test } from 'vitest'
import { recordsOf } from './hybrid-runs.ts'
import { judged, planOf } from './plans.ts'

/** v5 loses its disk and comes back; whoever has the keys is all that it meets for a while. */
function returning(keys: string, more: { options?: string; hybrid?: boolean; lengthS?: number } = {}) {
  const { options = '', hybrid = false, lengthS = 22 } = more
  return judged(
    planOf(
      `${hybrid ? 'ledger: hybrid' : ''}
network:
  validators:
    - { weight: 30, region: N_Virginia }
    - { weight: 20, region: Ireland }
    - { weight: 17, region: Frankfurt }
    - { weight: 28, region: Ireland }
    - { weight: 5, region: Frankfurt }
${hybrid ? '  physical: { farmers: { N_Virginia: 1, Ireland: 1, Frankfurt: 1 }, profile: ci }' : ''}
workload: { rate: 5/s, accounts: 4 }
timeline:
  - { at: 10s, fault: wipe, target: v5, for: 3s }
  - { at: 12s, fault: seize-keys, use: rewrite, target: ${keys}, reach: v5${options} }
  - { at: 12s, fault: partition, groups: [[v5], [v1, v2, v3, v4]], for: 6s }
duration: ${lengthS}s
`,
      1,
    ),
  )
}

const three = '[v1, v2, v3]'
const failed = ({ checks }: ReturnType<typeof returning>) =>
  checks.filter(({ verdict }) => verdict === 'fail')

describe('another history, on the stake chain alone', () => {
  test.each([
    ['from the genesis', ''],
    ['from ten blocks back', ', depth: 10'],
  ])('%s: a node that comes back takes it for the true one', (_, options) => {
    const run = returning(three, { options })
    expect(run.problems).toEqual([])
    expect(run.metrics).toMatchObject({ rewrittenNodes: 1, forkedBlocks: 0 })
    expect(failed(run)).toEqual([])
  })

  test('without a quorum of keys there is none, and the report says so', () => {
    const run = returning('[v1, v2]')
    expect(run.metrics.rewrittenNodes).toBe(0)
    const details = recordsOf(run, 'fault-began').map(({ detail }) => detail)
    expect(details).toContainEqual(expect.stringContaining('no quorum'))
  })

  test('whoever never lost its chain keeps it', () => {
    const finals = recordsOf(returning(three), 'finalized').filter(({ node }) => node !== 'v5')
    const hashes = Map.groupBy(finals, ({ height }) => height)
    for (const [, same] of hashes) expect(new Set(same.map(({ hash }) => hash)).size).toBe(1)
  })
})

describe('another history, on both chains', () => {
  const run = returning(three, { hybrid: true, lengthS: 70 })

  test('a node that comes back knows the confirmed checkpoint, and waits for its chain', () => {
    expect(run.problems).toEqual([])
    expect(failed(run)).toEqual([])
    expect(run.metrics).toMatchObject({ rewrittenNodes: 0, revertedFastBlocks: 0 })
    const [v4, v5] = run.metrics.nodes.filter(({ node }) => node === 'v4' || node === 'v5')
    expect(Math.abs(v4!.height - v5!.height)).toBeLessThanOrEqual(1)
    // It did not stay below what it was shown.
    expect(v5!.height).toBeGreaterThan(60)
  })

  test('offered to farmers, it convicts its signers: at least 2q - W of them', () => {
    expect(run.metrics.slashedStake).toBeGreaterThanOrEqual(34)
    expect(run.metrics.slashedStake).toBeLessThanOrEqual(67)
    // Nobody gave the keys back: nothing says for how long they were used.
    expect(run.metrics.evidenceDelayBlocks).toBeNull()
  })
})
