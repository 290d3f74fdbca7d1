import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Workspace, workspace } from './groundwork.ts'

/** The keys of two thirds sign another history, and a node that comes back without a disk meets nobody else for a while. */

let place: Workspace
beforeEach(() => {
  place = workspace()
})
afterEach(() => place.dispose())

const scenario = `
name: rewrite
network:
  validators: [{ weight: 35 }, { weight: 35 }, { weight: 25 }, { weight: 5 }]
  physical: { farmers: 3, profile: ci }
workload: { rate: 5/s, accounts: 4 }
timeline:
  - { at: 3s, fault: wipe, target: v4, for: 1s }
  - { at: 3s, fault: seize-keys, use: rewrite, target: [v1, v2], reach: v4 }
  - { at: 3s, fault: partition, groups: [[v4], [v1, v2, v3]] }
duration: 15s
`

async function metricsOn(ledger: string): Promise<Record<string, unknown>> {
  const run = place.start(scenario, '--runtime', 'process', '--ledger', ledger, '--seed', '1', '--json')
  const { metrics } = JSON.parse((await run.ended).stdout)
  return metrics
}

it('on the stake chain alone it takes the other history for the true one', async () => {
  expect(await metricsOn('stake')).toMatchObject({ rewrittenNodes: 1 })
})

it('with both chains it knows the confirmed checkpoint, and the signers are slashed', async () => {
  const { rewrittenNodes, slashedStake, revertedFastBlocks } = await metricsOn('hybrid')
  expect({ rewrittenNodes, revertedFastBlocks }).toEqual({ rewrittenNodes: 0, revertedFastBlocks: 0 })
  expect(slashedStake).toBeGreaterThanOrEqual(34)
})
