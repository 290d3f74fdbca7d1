import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

/** Crashes of a growing part: only the last point is expected to halt, and the checks say so. */
const scenario = `name: crashes
sweep:
  variable: crashed validators
  seeds: 2
  ledgers: [stake]
  points:
    - { value: 1, set: { who: v1 }, expect: { stake: [finality-gap: { max: 4s }] } }
    - { value: 2, set: { who: "stake=2/4" }, expect: { stake: [halts: { settle: 2s }] } }
network: { validators: 4 }
workload: { rate: 5/s }
timeline: [{ at: 2s, fault: kill, target: "\${who}" }]
duration: 12s
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-sweep-'))
  writeFileSync(join(folder, 'crashes.yaml'), scenario)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function groundwork(...args: readonly string[]) {
  const env = { ...process.env, GROUNDWORK_CWD: folder, NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env })
  return { status, stderr, lines: stdout.split('\n').filter((line) => line !== '') }
}

test('a sweep runs every point from every seed, judges them all, and leaves curves', () => {
  const { status, lines } = groundwork(
    ...['run', './crashes.yaml', '--runtime', 'simulated', '--seed', '1', '--json'],
  )
  expect(status).toBe(0)
  const results = lines.map((line) => JSON.parse(line))
  expect(results.slice(0, -1).map(({ seed, verdict }) => [seed, verdict])).toEqual([
    [1, 'pass'],
    [2, 'pass'],
    [1, 'pass'],
    [2, 'pass'],
  ])
  expect(results.at(-1)).toMatchObject({
    scenario: 'crashes',
    verdict: 'pass',
    runs: 4,
    metrics: {
      sweep: [
        { value: 1, stake: { seeds: 2, held: 2, claim: 'supported' } },
        { value: 2, stake: { seeds: 2, held: 2, claim: 'supported' } },
      ],
    },
  })
  const latest = join(folder, 'runs', 'crashes', 'latest')
  expect(JSON.parse(readFileSync(join(latest, 'sweep.json'), 'utf8'))).toMatchObject({ verdict: 'pass' })
  expect(readFileSync(join(latest, 'report.html'), 'utf8')).toContain(
    'Longest time without a new final block',
  )
  expect(existsSync(join(latest, 'points', '1-stake'))).toBe(true)
})

test('the report of a sweep is made anew from what its runs left', () => {
  const latest = join(folder, 'runs', 'crashes', 'latest')
  const kept = readFileSync(join(latest, 'sweep.json'), 'utf8')
  rmSync(join(latest, 'report.html'))
  const { status, lines, stderr } = groundwork('report', 'runs/crashes/latest', '--json')
  expect(status).toBe(0)
  expect(stderr).toContain('4 runs, of which 4 kept no event logs')
  expect(JSON.parse(lines[0] as string)).toMatchObject({ scenario: 'crashes', verdict: 'pass', runs: 4 })
  expect(readFileSync(join(latest, 'sweep.json'), 'utf8')).toBe(kept)
  expect(readFileSync(join(latest, 'report.html'), 'utf8')).toContain('crashes')

  // A run whose verdict changed changes that of the sweep.
  const run = join(latest, 'points', '2-stake', 'crashes', 'latest', 'verdict.json')
  writeFileSync(run, readFileSync(run, 'utf8').replace('"verdict": "pass"', '"verdict": "fail"'))
  expect(groundwork('report', 'runs/crashes/latest')).toMatchObject({ status: 1 })
  rmSync(join(latest, 'points'), { recursive: true })
  const none = groundwork('report', 'runs/crashes/latest')
  expect(none.status).not.toBe(0)
  expect(none.stderr).toContain('no run of this sweep is there')
})

test('a sweep that kept its logs is judged anew', () => {
  groundwork(
    ...['run', './crashes.yaml', '--runtime', 'simulated', '--point', '1', '--repeat', '1', '--keep'],
    ...['--out', 'kept'],
  )
  const run = join(folder, 'kept', 'crashes', 'latest', 'points', '1-stake', 'crashes', 'latest')
  rmSync(join(run, 'verdict.json'))
  const { status, stderr } = groundwork('report', 'kept/crashes/latest')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(existsSync(join(run, 'verdict.json'))).toBe(true)
})

test('one point, and what is no point', () => {
  const one = groundwork(
    ...['run', './crashes.yaml', '--runtime', 'simulated', '--point', '2', '--repeat', '1', '--json'],
  )
  expect(one.lines).toHaveLength(2)
  const none = groundwork('run', './crashes.yaml', '--runtime', 'simulated', '--point', '7')
  expect(none).toMatchObject({ status: 64, lines: [] })
  expect(none.stderr).toContain('--point 7: no such point; valid: 1, 2')
})
