import { parseScenario, type RuntimeName } from '@groundwork/scenario'
import { describe, expect, it, test } from 'vitest'
import { libraryNames, loadScenarioFile } from '../src/cli/library.ts'
import { sweepAhead, sweepLeft } from '../src/cli/sweep-time.ts'
import { planSweep } from '../src/planning.ts'
import { defaultRuntime, runtimes } from '../src/runtime/choose.ts'

const library = (name: string) => loadScenarioFile(name, '.')
const plansOf = (name: string, runtime: RuntimeName) => planSweep(library(name), runtimes[runtime], 5, {})

describe('a sweep that is about to begin', () => {
  it('says how many runs of what, and that virtual time is not known beforehand', () => {
    expect(sweepAhead(plansOf('censorship-sweep', 'simulated'), 'virtual')).toEqual([
      '140 runs on the simulated runtime: 7 points of coerced stake, ledgers stake and hybrid, seeds 5 to 14',
      'each is 70 s of virtual time; how long they all take is known after the first (--point and --repeat make it shorter)',
    ])
  })

  it('has fewer seeds where a clock has to be waited for, and says how long that takes at least', () => {
    expect(sweepAhead(plansOf('censorship-sweep', 'process'), 'real')).toEqual([
      '28 runs on the process runtime: 7 points of coerced stake, ledgers stake and hybrid, seeds 5 to 6',
      'each takes 70 s and the start of its network: more than 33 min in all (--point and --repeat make it shorter; --runtime simulated waits for no clock)',
    ])
  })

  it.each([
    [1, 4, 20_000, 'run 1 of 4 is over, about 60 s left'],
    [2, 4, 600_000, 'run 2 of 4 is over, about 10 min left'],
    [1, 100, 600_000, 'run 1 of 100 is over, about 16.5 h left'],
    [4, 4, 600_000, 'run 4 of 4 is over'],
  ])('after %i of %i runs', (done, all, elapsedMs, line) => {
    expect(sweepLeft(done, all, elapsedMs)).toBe(line)
  })
})

test.each(libraryNames())('%s runs for whoever names no runtime', (name) => {
  const { text, shown } = library(name)
  const scenario = parseScenario(text, shown)
  expect(scenario.runtimes).toContain(defaultRuntime(scenario))
})

test.each([
  ['leader-kill', 'process'],
  ['cloud-takedown', 'simulated'],
  ['private-fork', 'process'],
] as const)('%s: %s', (name, runtime) => {
  const { text, shown } = library(name)
  expect(defaultRuntime(parseScenario(text, shown))).toBe(runtime)
})
