import { readFileSync } from 'node:fs'
import { standInSignatures } from '@groundwork/primitives'
import { parseScenario, planScenario } from '@groundwork/scenario'
import { createSimulation } from '@groundwork/simulator'
import { analyze, type TraceRecord } from '@groundwork/trace'
import { capabilitiesOf, parseRegionTable } from '@groundwork/wan'
import { expect, test } from 'vitest'
import { renderReport } from '../src/report/index.ts'

const facts = {
  machine: { cores: 2 },
  real: 'the rules',
  emulated: 'everything else',
  startedAt: '2025-01-02T03:04:05.678Z',
  endedAt: null,
}
const regions = parseRegionTable(readFileSync(new URL('../../../netem/regions.csv', import.meta.url), 'utf8'))

function pageOf(text: string): string {
  const scenario = parseScenario(text, 'test.yaml')
  const capabilities = capabilitiesOf('simulated')
  const plan = planScenario(scenario, { runtime: 'simulated', seed: 1, capabilities, regions })
  const records: TraceRecord[] = []
  const simulation = createSimulation(plan, (record) => void records.push(record))
  while (!simulation.done) simulation.advance(simulation.nowMs + 1000)
  const analysis = analyze(plan, records, { verify: standInSignatures.verify })
  return renderReport({ plan, analysis, facts })
}

test.each([
  ['farmers alone', '', '4 farmers grew the physical chain'],
  [
    'farmers beside validators',
    'validators: 4, ',
    '4 validators in N Virginia, Ireland and Mumbai finalized',
  ],
])('the report of %s shows the physical chain and says that space is modelled', (_, validators, says) => {
  const page = pageOf(`network: { ${validators}physical: { farmers: { Ireland: 2, Mumbai: 2 } } }
timeline: [{ at: 2s, fault: partition, groups: [[region=Ireland], [rest]], for: 6s }]
duration: 15s
`)
  expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
  expect(page).toContain(says)
  expect(page).toContain('<h2>The physical chain</h2>')
  expect(page).toContain('Space is modelled')
  expect(page).toContain('Simulated: delay proofs: a keyed hash stands in for the VDF;')
  expect(page.includes('Finality over time')).toBe(validators !== '')
  for (const [open, close] of [
    [/<figure>/g, /<\/figure>/g],
    [/<table>/g, /<\/table>/g],
    [/<svg/g, /<\/svg>/g],
    [/<p[ >]/g, /<\/p>/g],
  ] as const) {
    expect(page.match(open)?.length).toBe(page.match(close)?.length)
  }
})
