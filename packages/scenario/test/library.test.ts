import { readdirSync, readFileSync } from 'node:fs'
import { capabilitiesOf } from '@groundwork/wan'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import * as z from 'zod'
import {
  parseScenario,
  planScenario,
  quorum,
  scenarioJsonSchema,
  stakeOf,
  stopsFinality,
  totalStake,
  validatorsOf,
} from '../src/index.ts'
import { substitute } from '../src/sweep.ts'
import { planOf, refusal, regions } from './support.ts'

const folder = new URL('../../../test/scenarios/', import.meta.url)
const library = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8')
const committed = JSON.parse(read('scenario.schema.json'))
const files = library.map((name) => [name, read(name)] as const)

test('the library has the scenarios of this slice', () => {
  expect(library.toSorted()).toEqual([
    'baseline.yaml',
    'borrowed-stake.yaml',
    'censorship-sweep.yaml',
    'cloud-takedown-correlated.yaml',
    'cloud-takedown.yaml',
    'crash-third.yaml',
    'double-leak.yaml',
    'equivocating-third.yaml',
    'flash-stake.yaml',
    'halt-without-51.yaml',
    'hybrid-baseline.yaml',
    'key-seizure-rewrite.yaml',
    'key-seizure.yaml',
    'leader-kill.yaml',
    'long-range.yaml',
    'minority-cut.yaml',
    'physical-baseline.yaml',
    'physical-capture.yaml',
    'physical-partition.yaml',
    'private-fork.yaml',
    'region-partition-four.yaml',
    'region-partition-hybrid.yaml',
    'region-partition.yaml',
    'regional-cap.yaml',
    'short-unbonding.yaml',
    'skip-storm.yaml',
    'spoofed-place.yaml',
    'timelord-loss.yaml',
    'value-at-loss.yaml',
  ])
})

test.each(files)('%s is planned for every runtime that it names, in time', (name, text) => {
  const scenario = parseScenario(text, name)
  expect(scenario.name).toBe(name.replace('.yaml', ''))
  expect(scenario.description.length).toBeGreaterThan(40)
  expect(scenario.lesson.length).toBeGreaterThan(40)
  expect(scenario.runtimes).toContain('simulated')
  for (const runtime of scenario.runtimes) {
    const plan = planOf(text, runtime)
    // What waits for deadlines of the physical chain takes longer.
    expect(plan.durationMs).toBeLessThanOrEqual(scenario.ledger === 'hybrid' ? 150_000 : 60_000)
    expect(plan.checks.length).toBeGreaterThanOrEqual(2)
    // Time to see what follows the last heal.
    for (const { atMs, forMs } of plan.timeline)
      expect(plan.durationMs - atMs - (forMs ?? 0)).toBeGreaterThanOrEqual(5000)
  }
})

test('which faults of the library stop finality', () => {
  const stopping = files.map(([name, text]) => {
    const plan = planOf(text)
    return [name, plan.timeline.filter((fault) => stopsFinality(plan, fault)).map(({ id }) => id)]
  })
  expect(Object.fromEntries(stopping)).toEqual({
    'baseline.yaml': [],
    'borrowed-stake.yaml': [],
    'censorship-sweep.yaml': [],
    'cloud-takedown-correlated.yaml': ['1-kill'],
    'cloud-takedown.yaml': ['1-kill'],
    'crash-third.yaml': [],
    'double-leak.yaml': ['1-partition'],
    'equivocating-third.yaml': [],
    'flash-stake.yaml': [],
    'halt-without-51.yaml': ['1-pause', '2-pause'],
    'hybrid-baseline.yaml': [],
    'key-seizure-rewrite.yaml': [],
    'key-seizure.yaml': [],
    'leader-kill.yaml': [],
    'long-range.yaml': [],
    'minority-cut.yaml': [],
    'physical-baseline.yaml': [],
    'physical-capture.yaml': [],
    'physical-partition.yaml': [],
    'private-fork.yaml': [],
    'region-partition-four.yaml': ['1-partition'],
    'region-partition-hybrid.yaml': [],
    'region-partition.yaml': ['1-partition'],
    'regional-cap.yaml': [],
    'short-unbonding.yaml': [],
    'skip-storm.yaml': ['2-partition', '3-partition'],
    'spoofed-place.yaml': [],
    'timelord-loss.yaml': [],
    'value-at-loss.yaml': [],
  })
})

test.each(files.filter(([, text]) => text.includes('sweep:')))(
  '%s is planned at every point, on both ledgers',
  (name, text) => {
    const { sweep } = parseScenario(text, name)
    expect(sweep?.seeds.simulated).toBeGreaterThanOrEqual(5)
    for (const [point] of sweep?.points.entries() ?? []) {
      for (const ledger of sweep?.ledgers ?? []) {
        const plan = planScenario(parseScenario(text, name, point), {
          runtime: 'simulated',
          seed: 1,
          capabilities: capabilitiesOf('simulated'),
          regions,
          ledger,
        })
        expect(plan.checks.length).toBeGreaterThanOrEqual(3)
        expect(plan.hybrid === undefined).toBe(ledger === 'stake')
      }
    }
  },
)

test('equivocating-third: more than a third runs twice, and either side of the cut has a quorum', () => {
  const plan = planOf(read('equivocating-third.yaml'))
  const total = totalStake(plan.nodes)
  const twins = validatorsOf(plan.nodes).filter(({ twinOf }) => twinOf !== null)
  expect(3 * stakeOf(twins)).toBeGreaterThan(total)
  const action = plan.timeline[0]?.action
  if (action?.verb !== 'partition') return expect.unreachable()
  const sides = action.groups.map((target) =>
    plan.nodes.filter(({ name }) => target.kind === 'nodes' && target.nodes.includes(name)),
  )
  expect(sides).toHaveLength(2)
  for (const side of sides) expect(stakeOf(side)).toBeGreaterThanOrEqual(quorum(total))
})

test('the committed JSON Schema is that of the code', () => {
  // To renew it: groundwork schema > test/scenarios/scenario.schema.json
  expect(committed).toEqual(JSON.parse(JSON.stringify(scenarioJsonSchema())))
})

test('the JSON Schema accepts the library and what the parser accepts, and refuses typing errors', () => {
  const schema = z.fromJSONSchema(committed)
  for (const [name, text] of files) {
    const { sweep } = parseScenario(text, name)
    expect(schema.safeParse(substitute(parse(text), sweep?.points[0]?.set ?? {})).success, name).toBe(true)
  }
  for (const text of [
    '{}',
    'network:\nworkload:\ntimeline:\nchecks:',
    'checks: [halts, { caught-up: {} }]',
  ]) {
    expect(schema.safeParse(parse(text)).success).toBe(true)
  }
  const bad = [
    'naem: x',
    'duration: 60',
    'network: { validators: [{ wieght: 3 }] }',
    'workload: { rate: 50 }',
    'timeline: [{ at: 5s, fault: partiton }]',
    'timeline: [{ at: 5s, fault: kill, target: v1, groups: [[v1], [v2]] }]',
    'checks: [recovery]',
    'checks: [{ recovery: { within: 5 } }]',
  ]
  for (const text of bad) {
    expect(schema.safeParse(parse(text)).success, text).toBe(false)
    expect(refusal(text)).toMatch(/^SCENARIO_INVALID /)
  }
})
