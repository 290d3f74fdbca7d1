import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  allGone,
  pidOf,
  processState,
  type Run,
  ready,
  small,
  type Workspace,
  whole,
  workspace,
} from './groundwork.ts'

let place: Workspace
beforeEach(() => {
  place = workspace()
})
afterEach(() => place.dispose())

async function untilPaused(run: Run, node: string): Promise<void> {
  while (processState(pidOf(run, node)) !== 'T') await delay(10)
}

describe('an interrupted run over real processes', () => {
  it('ended by Ctrl-C in the middle of faults heals, ends everybody and writes what there is', async () => {
    const run = place.start(
      small(
        `
  - { at: 500ms, fault: partition, groups: [[v1, v2], [rest]], for: 60s }
  - { at: 1s, fault: pause, target: v3, for: 60s }`,
        70,
      ),
    )
    await run.until('pause begins')
    const family = await whole(run)
    await untilPaused(run, 'v3')
    run.signal('SIGINT')
    const { code, stdout } = await run.ended
    expect(code).toBe(130)
    await allGone(family)
    expect(stdout).toContain('INVALID')
    const verdict = run.json('verdict.json') as { verdict: string; reasons: string[] }
    expect(verdict.verdict).toBe('invalid')
    expect(verdict.reasons).toContain('interrupted by SIGINT')
    const kinds = readFileSync(join(run.runFolder(), 'events.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind)
    expect(kinds.filter((kind) => kind === 'fault-healed')).toHaveLength(2)
    expect(existsSync(join(run.runFolder(), 'report.html'))).toBe(true)
  })

  it('ended by Ctrl-C while it starts leaves nobody either', async () => {
    const run = place.start(small('[]', 10))
    const family = await whole(run)
    run.signal('SIGINT')
    expect((await run.ended).code).toBe(130)
    await allGone(family)
    expect(run.json('verdict.json')).toMatchObject({ verdict: 'invalid' })
  })

  it('whose controller is killed leaves no process, not even a paused one, and can still be judged', async () => {
    const run = place.start(small('[{ at: 500ms, fault: pause, target: v2, for: 60s }]', 70))
    await run.until('pause begins')
    const family = await whole(run)
    await untilPaused(run, 'v2')
    run.signal('SIGKILL')
    await run.ended
    await allGone(family)
    expect(existsSync(join(run.runFolder(), 'verdict.json'))).toBe(false)
    const report = place.command('report', run.runFolder())
    expect((await report.ended).code).toBe(2)
    expect(run.json('verdict.json')).toMatchObject({
      verdict: 'invalid',
      reasons: expect.arrayContaining(['the controller was killed before the run ended']),
    })
  })

  it.each(['SIGTERM', 'SIGHUP'] as const)('ended by %s leaves nobody and a verdict', async (signal) => {
    const run = place.start(small('[]', 60))
    await run.until(ready)
    const family = await whole(run)
    run.signal(signal)
    expect((await run.ended).code).toBe(2)
    await allGone(family)
    expect(run.json('verdict.json')).toMatchObject({
      verdict: 'invalid',
      reasons: expect.arrayContaining([`interrupted by ${signal}`]),
    })
  })

  it('ends when nobody reads its output any more', async () => {
    const run = place.start(small('[]', 60))
    await run.until(ready)
    const family = await whole(run)
    run.closeOutput()
    expect((await run.ended).code).toBe(2)
    await allGone(family)
    expect(run.json('verdict.json')).toMatchObject({
      reasons: expect.arrayContaining(['interrupted by closed output']),
    })
  })

  it('ends when the program that launched it is killed', async () => {
    const launcher = join(place.folder, 'launcher.mjs')
    writeFileSync(
      launcher,
      `import { spawn } from 'node:child_process'
       const child = spawn(process.execPath, process.argv.slice(2), { stdio: 'inherit' })
       child.on('exit', (code) => process.exit(code))`,
    )
    const run = place.launch(launcher, small('[]', 60))
    await run.until(ready)
    while (run.family().length < 7) await delay(10)
    const family = run.family()
    run.signal('SIGKILL')
    await allGone(family)
    expect(run.json('verdict.json')).toMatchObject({
      reasons: expect.arrayContaining(['interrupted by end of the launcher']),
    })
  })
})
