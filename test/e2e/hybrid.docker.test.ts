import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeDocker, docker, ofRole, projectOf, remains } from './docker.ts'
import { type Run, ready, type Workspace, workspace } from './groundwork.ts'
import { seizure } from './seizure.ts'

/** Both chains in containers: validators dial farmers through the router, and finality comes back without half of the stake. */
const text = (timeline: string, checks: string, durationS: number): string => `name: both
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
${timeline}
checks:
  - agreement
  - no-false-blame
  - metric: { name: targetForcedIncludedShare, min: 1 }
  - metric: { name: revertedFastBlocks, max: 0 }
  - metric: { name: recordedEntries, min: 1 }
${checks}
duration: ${durationS}s
`

let place: Workspace

describeDocker('a hybrid run in containers', () => {
  beforeEach(() => {
    place = workspace()
  })
  afterEach(() => place.dispose())

  const passes = async (scenario: string) => {
    const run = place.start(scenario, '--runtime', 'docker', '--seed', '5', '--json')
    await run.until(ready)
    return passed(run, projectOf(run.said()))
  }
  const passed = async (run: Run, project: string) => {
    const { stdout, code } = await run.ended
    expect(remains(project)).toEqual([])
    const { verdict, reasons, metrics } = JSON.parse(stdout)
    expect({ verdict, reasons, code }).toEqual({ verdict: 'pass', reasons: [], code: 0 })
    return metrics
  }

  it('finalizes again when half of the stake is gone for good', async () => {
    const timeline = '  - { at: 4s, fault: kill, target: [v3, v4] }'
    const checks = `  - metric: { name: recordedExits, min: 1 }
  - metric: { name: leakedStake, min: 2 }
  - metric: { name: recoveryMs, min: 1, max: 50000 }`
    const { physical } = await passes(text(timeline, checks, 55))
    expect(physical.simulated).toEqual([])
  })

  it('begins containers with seized keys in mid-run, in reach of one validator only', async () => {
    const run = place.start(seizure, '--runtime', 'docker', '--seed', '5', '--json')
    await run.until(ready)
    const project = projectOf(run.said())
    const states = (): string[] =>
      docker(
        'ps',
        '-a',
        '--format',
        '{{.Label "io.groundwork.node"}} {{.State}}',
        ...ofRole(project, 'seized'),
      )
        .trim()
        .split('\n')
        .sort()
    expect(states()).toEqual(['v3-seized created', 'v4-seized created'])
    await run.begins(() => states().every((state) => state.endsWith('running')))
    await passed(run, project)
  })

  it('has validators coerced: half of the stake stalls, one of them over a restart', async () => {
    // With the restarted one the other three would be a quorum, long before the deadline.
    const timeline = `  - { at: 3s, fault: coerce, target: [v3, v4], behaviour: stall }
  - { at: 4s, fault: kill, target: v3, for: 500ms }`
    const metrics = await passes(text(timeline, '', 32))
    expect(metrics.finalityGapMs).toBeGreaterThan(6_000)
    const replay = place.command('replay', 'runs/latest', '--json')
    const { code, stdout } = await replay.ended
    expect(code, replay.said()).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'pass', difference: null })
  })
})
