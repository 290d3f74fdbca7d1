import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeDocker, projectOf, remains } from './docker.ts'
import { ready, type Workspace, workspace } from './groundwork.ts'

/** Both chains in containers: validators dial farmers through the router, and the stake comes back without half of itself. */
const text = `name: both
runtimes: [docker]
ledger: hybrid
network:
  regions: { Ireland: 2, Frankfurt: 2 }
  physical: { farmers: { Ireland: 2, Frankfurt: 1 }, plots: 2, parameters: { cap: 100%, slot: 300ms } }
workload:
  rate: 5/s
  accounts: 4
  streams: [{ by: physical, to: target, from: 1s, every: 250ms, count: 4 }]
timeline:
  - { at: 4s, fault: kill, target: [v3, v4] }
checks:
  - agreement
  - no-false-blame
  - metric: { name: targetForcedIncludedShare, min: 1 }
  - metric: { name: revertedFastBlocks, max: 0 }
  - metric: { name: recordedExits, min: 1 }
  - metric: { name: recoveryMs, min: 1, max: 50000 }
duration: 55s
`

let place: Workspace

describeDocker('a hybrid run in containers', () => {
  beforeEach(() => {
    place = workspace()
  })
  afterEach(() => place.dispose())

  it('executes what is forced, and finalizes again when half of the stake is gone for good', async () => {
    const run = place.start(text, '--runtime', 'docker', '--seed', '5', '--json')
    await run.until(ready)
    const project = projectOf(run.said())
    const { stdout, code } = await run.ended
    expect(remains(project)).toEqual([])
    const { verdict, reasons, metrics } = JSON.parse(stdout)
    expect({ verdict, reasons, code }).toEqual({ verdict: 'pass', reasons: [], code: 0 })
    expect(metrics.physical.simulated).toEqual([])
    expect(metrics.leakedStake).toBeGreaterThanOrEqual(2)
  })
})
