import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

const scenario = `name: recorded
ledger: hybrid
network: { validators: 4, physical: { farmers: 3, plots: 1 } }
workload: { rate: 5/s, accounts: 4, streams: [{ by: physical, every: 1s, count: 3 }] }
duration: 12s
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-replay-'))
  writeFileSync(join(folder, 'recorded.yaml'), scenario)
  groundwork('run', './recorded.yaml', '--runtime', 'simulated', '--seed', '1')
}, 240_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function groundwork(...args: readonly string[]) {
  const env = { ...process.env, GROUNDWORK_CWD: folder, NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env })
  return { status, stdout, stderr }
}

/** A copy of the run in which one file is another. */
function altered(name: string, file: string, change: (text: string) => string): string {
  const copy = join(folder, name)
  cpSync(join(folder, 'runs', 'recorded', 'latest'), copy, { recursive: true, dereference: true })
  writeFileSync(join(copy, file), change(readFileSync(join(copy, file), 'utf8')))
  return name
}

test('what nodes derived is derived anew from the recorded blocks', () => {
  const { status, stdout } = groundwork('replay', 'runs/recorded/latest', '--json')
  expect(status).toBe(0)
  const result = JSON.parse(stdout)
  expect(result).toMatchObject({
    scenario: 'recorded',
    verdict: 'pass',
    difference: null,
    nodes: 7,
    oblivious: 'pass',
  })
  expect(result.blocks).toBeGreaterThan(10)
  expect(result.compared).toBeGreaterThanOrEqual(7)
})

test('a node that derived something else is named', () => {
  const run = altered('lied', 'events.jsonl', (text) => {
    // All of one node's: single blocks may have left the chain that is compared.
    const isOf = (line: string) => line.includes('"kind":"derived"') && line.includes('"node":"v2"')
    const lied = (line: string) => line.replace(/"root":"[0-9a-f]{64}"/, `"root":"${'0'.repeat(64)}"`)
    return text
      .split('\n')
      .map((line) => (isOf(line) ? lied(line) : line))
      .join('\n')
  })
  const { status, stdout } = groundwork('replay', run)
  expect(status).toBe(1)
  expect(stdout).toMatch(/FAIL {2}at height \d+ v2 has 0{64}, derived here: [0-9a-f]{64}/)
})

test('a farmer that looked at the stake chain is found out', () => {
  const run = altered('partial', 'events.jsonl', (text) =>
    text.replaceAll(/("kind":"physical-block","height":8,.*?"slot":)\d+/g, '$1999'),
  )
  const { status, stdout } = groundwork('replay', run)
  expect(status).toBe(1)
  expect(stdout).toMatch(/PASS {2}\d+ roots of 7 nodes/)
  expect(stdout).toMatch(/FAIL {2}At height 8 slot 999 was won, slot \d+ with the stake chain switched off/)
})

test.each([
  [
    'a block that is cut short',
    (text: string) => text.slice(200),
    'line 1: not a block of the physical chain',
  ],
  ['a block that is missing', (text: string) => text.split('\n').slice(1).join('\n'), 'does not follow'],
])('%s is one line', (_, change, line) => {
  const { status, stderr } = groundwork('replay', altered(`bad ${line.length}`, 'physical-chain.txt', change))
  expect(status).not.toBe(0)
  expect(stderr).toContain(line)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

test('of a run of processes the chain of a farmer is kept, and derived anew with its signatures checked', () => {
  // Its chain begins while the nodes start.
  writeFileSync(join(folder, 'brief.yaml'), scenario.replace('duration: 12s', 'duration: 5s'))
  groundwork('run', './brief.yaml', '--runtime', 'process', '--seed', '1', '--out', 'processes')
  const run = join(folder, 'processes', 'latest')
  expect(existsSync(join(run, 'nodes', 'f1', 'data'))).toBe(false)
  const { status, stdout } = groundwork('replay', 'processes/latest')
  expect(stdout).toMatch(
    /replayed \d+ physical blocks of recorded.*PASS {2}\d+ roots of 7 nodes are the ones/s,
  )
  expect(status).toBe(0)
}, 240_000)

test('a run without a recorded chain says so', () => {
  expect(groundwork('replay', './none')).toMatchObject({ status: 64 })
  const bare = altered('bare', 'plan.json', (text) => text)
  rmSync(join(folder, bare, 'physical-chain.txt'))
  const { status, stderr } = groundwork('replay', bare)
  expect(status).toBe(64)
  expect(stderr).toContain('has no physical-chain.txt')
})
