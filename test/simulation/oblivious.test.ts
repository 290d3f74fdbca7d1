import { expect, test } from 'vitest'
import { withoutStake } from '../../packages/scenario/src/index.ts'
import { checkOblivious } from '../../packages/trace/src/index.ts'
import { judged, planOf } from './plans.ts'

/** I14: whatever happens to the stake chain, the same plots win the same slots. */

const network = `network:
  regions: { N_Virginia: 2, Ireland: 1, Mumbai: 1 }
  physical:
    farmers: { N_Virginia: 2, Ireland: 1, Mumbai: 1 }
    plots: 2
    profile: ci
    parameters: { cap: 100% }
`
const work = 'workload: { rate: 5/s, accounts: 4, streams: [{ by: physical, every: 1s, count: 8 }] }'

test.each([
  ['nothing', ''],
  [
    'half of the stake is gone for good, and RECORDED begins',
    'timeline: [{ at: 4s, fault: kill, target: [v1, v2] }]',
  ],
  [
    'everybody is coerced, a farmer dies, the network parts and comes together',
    `timeline:
  - { at: 3s, fault: coerce, target: [v1, v2, v3, v4], behaviour: stale-anchor }
  - { at: 6s, fault: kill, target: f2, for: 6s }
  - { at: 14s, fault: partition, groups: [[v1, v2, f1, f2], [rest]], for: 8s }`,
  ],
])('the physical chain does not notice that %s', (_, timeline) => {
  const plan = planOf(`name: oblivious\nledger: hybrid\n${network}${work}\n${timeline}\nduration: 30s`, 5)
  const { records, problems } = judged(plan)
  expect(problems).toEqual([])
  const alone = withoutStake(plan)
  const other = judged(alone).records
  expect(other.some(({ node }) => node.startsWith('v'))).toBe(false)
  const { verdict, detail } = checkOblivious({ plan, records }, { plan: alone, records: other })
  expect(detail).toMatch(/switched off \d\d confirmed physical blocks are the same/)
  expect(verdict).toBe('pass')
})
