import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { allGone, pidOf, ready, small, type Workspace, whole, workspace } from './groundwork.ts'

let place: Workspace
beforeEach(() => {
  place = workspace()
})
afterEach(() => place.dispose())

describe('a run over real processes', () => {
  it('kills, stops, pauses and wipes nodes, brings them back, and leaves nothing but its folder', async () => {
    const run = place.start(
      small(
        `
  - { at: 1s, fault: kill, target: v1, for: 2s }
  - { at: 6s, fault: pause, target: v2, for: 2s }
  - { at: 9s, fault: stop, target: v3, for: 2s }
  - { at: 14s, fault: wipe, target: v4, for: 2s }`,
        21,
      ),
      '--seed',
      '5',
      '--json',
    )
    await run.until(ready)
    const family = await whole(run)
    const first = pidOf(run, 'v1')
    const { code, stdout } = await run.ended
    await allGone(family)

    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(1)
    const result = JSON.parse(lines[0] as string)
    expect(result).toMatchObject({
      scenario: 'small',
      runtime: 'process',
      seed: 5,
      verdict: 'pass',
      reasons: [],
    })
    expect(code).toBe(0)
    expect(result.metrics.finalityP50Ms).toBeGreaterThan(0)
    expect(result.metrics.startupToFirstFinalityMs).toBeGreaterThan(0)
    expect(result.metrics.rssMaxMiB).toBeGreaterThan(10)

    const { fidelity } = run.json('verdict.json') as unknown as {
      fidelity: { roundTrips: { pairs: { requestedMs: number; minMs: number }[] } }
    }
    const { pairs } = fidelity.roundTrips
    expect(pairs.length).toBeGreaterThan(0)
    // A busy machine makes the median longer, never the shortest shorter than the relays do.
    for (const { requestedMs, minMs } of pairs) {
      expect(minMs).toBeGreaterThan(requestedMs - 1)
      expect(minMs).toBeLessThan(requestedMs + 10)
    }

    expect(pidOf(run, 'v1')).not.toBe(first)
    const folder = run.runFolder()
    expect(readdirSync(folder)).toEqual(
      expect.arrayContaining([
        'events.jsonl',
        'metrics.csv',
        'metrics.json',
        'plan.json',
        'report.html',
        'verdict.json',
      ]),
    )
    expect(existsSync(join(folder, 'nodes', 'v1', 'data'))).toBe(false)
    const exits = readFileSync(join(folder, 'controller.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"node-exited"'))
      .map((line) => JSON.parse(line))
    expect(exits.map(({ target, signal, expected }) => [target, signal, expected]).slice(0, 3)).toEqual([
      ['v1', 'SIGKILL', true],
      ['v3', null, true],
      ['v4', 'SIGKILL', true],
    ])
  })

  it('is invalid when a node dies that no fault touched, and says who and how', async () => {
    const run = place.start(small('[]', 60), '--json', '--keep')
    await run.until(ready)
    const family = await whole(run)
    process.kill(pidOf(run, 'v3'), 'SIGKILL')
    const { code, stdout } = await run.ended
    expect(code).toBe(2)
    await allGone(family)
    const { verdict, reasons } = JSON.parse(stdout)
    expect(verdict).toBe('invalid')
    expect(existsSync(join(run.runFolder(), 'nodes', 'v3', 'data'))).toBe(true)
    expect(reasons[0]).toMatch(/^v3 ended by SIGKILL without any fault asking for it; its log ends: /)
  })

  it('is invalid when the emulated network dies', async () => {
    const run = place.start(small('[]', 60))
    await run.until(ready)
    const family = await whole(run)
    const relay = family.find(({ pid }) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('relay'))
    process.kill(relay?.pid as number, 'SIGKILL')
    expect((await run.ended).code).toBe(2)
    await allGone(family)
    expect((run.json('verdict.json') as { reasons: string[] }).reasons[0]).toContain('relay process ended')
  })

  it('that cannot write its folder says so in one line and starts nothing', async () => {
    const run = place.start(small('[]', 10), '--out', './scenario-0.yaml/runs')
    expect((await run.ended).code).toBe(64)
    expect(run.said()).toBe('groundwork: --out ./scenario-0.yaml/runs: cannot write there (ENOTDIR)\n')
    expect(run.family()).toEqual([])
  })
})
