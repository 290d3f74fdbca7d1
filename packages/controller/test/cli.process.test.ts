import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

const scenario = `name: tiny
network: { validators: 4 }
workload: { rate: 20/s }
timeline:
  - { at: 1s, fault: partition, groups: [[v1, v2], [rest]], for: 2s }
checks: [agreement, no-false-blame, { recovery: { within: 10s } }]
duration: 8s
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-cli-'))
  writeFileSync(join(folder, 'tiny.yaml'), scenario)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => rmSync(join(folder, 'runs'), { recursive: true, force: true }))

function groundwork(...args: readonly string[]) {
  const environment = { ...process.env, GROUNDWORK_CWD: folder, NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: environment,
  })
  return { status, stdout, stderr, lines: stdout.split('\n').filter((line) => line !== '') }
}

it('an unknown command is one line on standard error, and exit code 64', () => {
  const { status, stdout, stderr } = groundwork('rum')
  expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
  expect(stderr).toMatch(/^groundwork: unknown command [^\n]*\n$/)
})

describe('a folder that is no run, and a run of another version', () => {
  it('are refused in one line', () => {
    const run = join(folder, 'runs', 'odd')
    expect(groundwork('report', '.')).toMatchObject({
      status: 64,
      stderr: expect.stringContaining('plan.json: no such file'),
    })
    groundwork('run', 'tiny.yaml', '--runtime', 'simulated', '--out', join(folder, 'runs'))
    const plan = join(folder, 'runs', 'latest', 'plan.json')
    writeFileSync(plan, readFileSync(plan, 'utf8').replace('"version": 1', '"version": 9'))
    const { status, stderr } = groundwork('report', 'runs/latest')
    expect(stderr).toContain('version 9, this program reads 1')
    expect(status).toBe(64)
    expect(existsSync(run)).toBe(false)
  })
})

describe('a simulated run', () => {
  it('with --json prints one object, keeps standard output clean and leaves a whole run folder', () => {
    const { status, lines, stderr } = groundwork(
      'run',
      'tiny.yaml',
      '--runtime',
      'simulated',
      '--seed',
      '7',
      '--json',
    )
    expect(stderr.split('\n')[0]).toContain('seed 7')
    expect(lines).toHaveLength(1)
    const result = JSON.parse(lines[0] as string)
    expect(Object.keys(result)).toEqual(['scenario', 'runtime', 'seed', 'verdict', 'reasons', 'metrics'])
    expect(result).toMatchObject({
      scenario: 'tiny',
      runtime: 'simulated',
      seed: 7,
      verdict: 'pass',
      reasons: [],
    })
    expect(result.metrics.recoveryFirstFinalityMs).toBeGreaterThan(0)
    expect(status).toBe(0)
    const run = join(folder, 'runs', 'tiny', 'latest')
    expect(readdirSync(run).sort()).toEqual(
      [
        'controller.jsonl',
        'events.jsonl',
        'metrics.csv',
        'metrics.json',
        'plan.json',
        'report.html',
        'run.json',
        'scenario.yaml',
        'verdict.json',
      ].sort(),
    )
    for (const file of ['metrics.json', 'plan.json', 'run.json', 'verdict.json']) {
      expect(JSON.parse(readFileSync(join(run, file), 'utf8')).version, file).toBe(1)
    }
    expect(readFileSync(join(run, 'metrics.csv'), 'utf8').split('\r\n').slice(0, 2)).toEqual([
      'metric,node,value',
      'version,,1',
    ])
    expect(readFileSync(join(run, 'scenario.yaml'), 'utf8')).toBe(scenario)
    const kinds = readFileSync(join(run, 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind)
    expect(kinds[0]).toBe('run-started')
    expect(kinds.filter((kind) => kind === 'network-ready')).toHaveLength(1)
    expect(kinds.at(-1)).toBe('run-ended')
  })

  it('repeats itself exactly with the same seed, and differs with another', () => {
    const audit = (seed: string) => {
      expect(groundwork('run', 'tiny.yaml', '--runtime', 'simulated', '--seed', seed).status).toBe(0)
      return JSON.parse(readFileSync(join(folder, 'runs', 'latest', 'run.json'), 'utf8')).auditHash
    }
    const first = audit('7')
    expect(first).toMatch(/^[0-9a-f]+$/)
    expect(audit('7')).toBe(first)
    expect(audit('8')).not.toBe(first)
  })

  it('repeats over seeds and sums up with medians', () => {
    const { status, lines } = groundwork(
      'run',
      'tiny.yaml',
      '--runtime',
      'simulated',
      '--seed',
      '3',
      '--repeat',
      '3',
      '--json',
    )
    const objects = lines.map((line) => JSON.parse(line))
    expect(objects.map(({ seed }) => seed)).toEqual([3, 4, 5, 3])
    const summary = objects.at(-1)
    expect(summary).toMatchObject({
      scenario: 'tiny',
      runtime: 'simulated',
      verdict: 'pass',
      reasons: [],
      runs: 3,
    })
    const gaps = objects.slice(0, 3).map(({ metrics }) => metrics.finalityGapMs as number)
    expect(summary.metrics.finalityGapMs).toBe(gaps.sort((a, b) => a - b)[1])
    expect(status).toBe(0)
    expect(readdirSync(join(folder, 'runs', 'tiny'))).toHaveLength(4)
  })

  it('that breaks a check exits with 1 and says why', () => {
    writeFileSync(join(folder, 'strict.yaml'), scenario.replace('within: 10s', 'within: 1ms'))
    const { status, stdout } = groundwork('run', 'strict.yaml', '--runtime', 'simulated', '--seed', '7')
    expect(stdout).toContain('FAIL')
    expect(status).toBe(1)
  })

  it('can be judged again from its folder alone', () => {
    const before = groundwork('run', 'tiny.yaml', '--runtime', 'simulated', '--seed', '7', '--json')
    for (const file of ['metrics.json', 'verdict.json', 'report.html', 'events.jsonl'])
      rmSync(join(folder, 'runs', 'latest', file))
    const after = groundwork('report', 'runs/latest', '--json')
    expect(JSON.parse(after.stdout)).toEqual(JSON.parse(before.stdout))
    expect(after.status).toBe(0)
    expect(existsSync(join(folder, 'runs', 'latest', 'report.html'))).toBe(true)
  })
})

describe('list and schema', () => {
  it('lists the library', () => {
    const { status, stdout } = groundwork('list')
    expect(stdout).toContain('region-partition')
    expect(status).toBe(0)
    const names = JSON.parse(groundwork('list', '--json').stdout).map(({ name }: { name: string }) => name)
    expect(names).toContain('baseline')
  })

  it('prints the JSON schema', () => {
    const { status, stdout } = groundwork('schema')
    expect(JSON.parse(stdout).properties.timeline).toBeDefined()
    expect(status).toBe(0)
  })
})
