import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { allGone, ready, refuted, type Workspace, whole, workspace } from './groundwork.ts'

/** The physical chain over real processes: real plots, delay proofs and signatures; distances are emulated. */

let place: Workspace
beforeEach(() => {
  place = workspace()
})
afterEach(() => place.dispose())

interface Result {
  readonly metrics: {
    readonly heightMax: number
    readonly physical: {
      readonly simulated: readonly string[]
      readonly height: number
      readonly reorgDepthMax: number
      readonly vdfEvaluateP50Ms: number
      readonly regions: readonly { readonly region: string; readonly shareMilli: number }[]
      readonly roles: readonly {
        readonly role: string
        readonly processes: number
        readonly cpuShare: number
      }[]
      readonly farmers: readonly { readonly node: string; readonly starts: number; readonly farmed: number }[]
    }
  }
}

it('farmers grow their chain beside validators; one that is killed farms again, and after a cut the heavier side wins', async () => {
  const run = place.start(
    `name: beside
network:
  regions: { N_Virginia: 2, Ireland: 2 }
  physical:
    farmers: { N_Virginia: 2, Ireland: 2 }
    plots: 1
    parameters: { epoch: 16 }
workload: { rate: 5/s }
timeline:
  - { at: 2s, fault: kill, target: f4, for: 2s }
  - { at: 6s, fault: partition, groups: [[region=Ireland], [rest]], for: 12s }
checks:
  - agreement
  - physical-agreement
  - physical-growth: { min: 15% }
  - reorg: { minDepth: 1 }
  - min-height: { height: 10 }
duration: 26s
`,
    ...['--seed', '3', '--json'],
  )
  await run.until(ready)
  const family = await whole(run, 10)
  const { stdout } = await run.ended
  await allGone(family)
  expect(refuted(run)).toEqual([])
  const { metrics } = JSON.parse(stdout) as Result
  const { physical } = metrics
  expect(physical.simulated).toEqual([])
  expect(physical.vdfEvaluateP50Ms).toBeGreaterThan(1)
  expect(physical.regions.map(({ region }) => region).sort()).toEqual(['Ireland', 'N_Virginia'])
  expect(physical.roles.map(({ role, processes }) => [role, processes])).toEqual([
    ['validator', 4],
    ['farmer', 2],
    ['timelord', 2],
  ])
  for (const { cpuShare } of physical.roles) expect(cpuShare).toBeGreaterThan(0)
  expect(physical.farmers.map(({ starts }) => starts)).toEqual([1, 1, 1, 2])
  expect(physical.height).toBeGreaterThan(physical.reorgDepthMax)
  const folder = run.runFolder()
  expect(readFileSync(join(folder, 'metrics.csv'), 'utf8')).toMatch(/^spaceShareMilli,Ireland,\d/m)
  const report = readFileSync(join(folder, 'report.html'), 'utf8')
  expect(report).toContain('Space is modelled')
  expect(report).toContain('Plots, delay proofs and signatures are real')
})
