import { readFileSync } from 'node:fs'
import { capabilitiesOf } from '@groundwork/wan'
import { expect, test } from 'vitest'
import { parseScenario, planScenario, stopsFinality } from '../src/index.ts'
import { regions } from './support.ts'

const capabilities = capabilitiesOf('relay')
const own = readFileSync(new URL(import.meta.url), 'utf8')
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const blockOf = (language: string): string => readme.split(`\`\`\`${language}\n`)[1]?.split('```')[0] ?? ''

test('the example of the README runs as it stands there, and says what it says', () => {
  const text = blockOf('yaml')
  // example
  const scenario = parseScenario(text, 'region-cut.yaml')
  const plan = planScenario(scenario, { runtime: 'process', seed: 1, capabilities, regions })
  const [fault] = plan.timeline
  const stops = stopsFinality(plan, fault!)
  // example
  expect(fault).toMatchObject({ id: '1-partition', atMs: 15_000, forMs: 30_000 })
  expect(stops).toBe(true)
  for (const line of own.split('  // example\n')[1]?.split('\n') ?? [])
    expect(blockOf('ts')).toContain(line.trim())
})
