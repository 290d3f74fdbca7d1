import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { containerOf, describeDocker, docker, nothingLeft, projectOf, remains } from './docker.ts'
import { allGone, type Run, ready, small, type Workspace, workspace } from './groundwork.ts'

let place: Workspace
beforeEach(() => {
  place = workspace()
})
afterEach(() => place.dispose())

const start = (scenario: string, ...options: readonly string[]): Run =>
  place.start(scenario, '--runtime', 'docker', ...options)

const reasons = (run: Run): string[] => (run.json('verdict.json') as { reasons: string[] }).reasons

const endless = (timeline: string): string => small(timeline, 100)
const midFault = `
  - { at: 500ms, fault: partition, groups: [[v1, v2], [rest]], for: 60s }
  - { at: 1s, fault: pause, target: v3, for: 60s }`

describeDocker('a run in containers', () => {
  it('kills, stops, pauses and wipes nodes, cuts links, brings all back, and leaves nothing but its folder', async () => {
    const run = start(
      small(
        `
  - { at: 1s, fault: kill, target: v1, for: 2s }
  - { at: 6s, fault: pause, target: v2, for: 2s }
  - { at: 11s, fault: stop, target: v3, for: 2s }
  - { at: 16s, fault: wipe, target: v4, for: 2s }
  - { at: 22s, fault: partition, groups: [[v1, v2], [rest]], for: 3s }`,
        32,
      ),
      '--seed',
      '5',
      '--json',
    )
    await run.until(ready)
    const project = projectOf(run.said())
    expect(remains(project).length).toBeGreaterThan(6)
    const { code, stdout } = await run.ended
    expect(remains(project)).toEqual([])
    const result = JSON.parse(stdout.trim())
    expect(result).toMatchObject({
      scenario: 'small',
      runtime: 'docker',
      seed: 5,
      verdict: 'pass',
      reasons: [],
    })
    expect(code).toBe(0)
    expect(result.metrics.finalityP50Ms).toBeGreaterThan(0)

    const exits = readFileSync(join(run.runFolder(), 'controller.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"node-exited"'))
      .map((line) => JSON.parse(line))
    expect(exits.map(({ target, signal, expected }) => [target, signal, expected]).slice(0, 3)).toEqual([
      ['v1', 'SIGKILL', true],
      ['v3', null, true],
      ['v4', 'SIGKILL', true],
    ])
    const facts = run.json('run.json') as { emulated: string; measures: Record<string, number> }
    expect(facts.emulated).toMatch(/by the (netem|packets) interpreter of one WAN router/)
    expect(facts.measures.routerPackets).toBeGreaterThan(100)
    expect(facts.measures.routerDroppedCut).toBeGreaterThan(0)
    expect(run.json('wan.json')).toMatchObject({ version: 1, requested: 'auto' })
    expect(existsSync(join(run.runFolder(), 'nodes', 'v1', 'node.log'))).toBe(true)
    expect(existsSync(join(run.runFolder(), 'nodes', 'v1', 'data'))).toBe(false)
  })

  it('ended by Ctrl-C in the middle of faults heals and leaves nothing', async () => {
    const run = start(endless(midFault))
    await run.until('pause begins')
    const family = run.family()
    run.signal('SIGINT')
    expect((await run.ended).code).toBe(130)
    await allGone(family)
    expect(remains(projectOf(run.said()))).toEqual([])
    expect(reasons(run)).toContain('interrupted by SIGINT')
    const log = readFileSync(join(run.runFolder(), 'events.jsonl'), 'utf8')
    expect(log.match(/"fault-healed"/g)).toHaveLength(2)
  })

  it('ended by Ctrl-C while containers start leaves nothing either', async () => {
    const run = start(endless('[]'))
    await run.until('project groundwork-run-')
    while (remains(projectOf(run.said())).length === 0);
    run.signal('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(remains(projectOf(run.said()))).toEqual([])
  })

  it('whose controller is killed leaves nothing, not even a paused node', async () => {
    const run = start(endless(midFault))
    await run.until('pause begins')
    const family = run.family()
    run.signal('SIGKILL')
    await run.ended
    await allGone(family)
    await nothingLeft(projectOf(run.said()))
  })

  it.each([
    ['router', /^the WAN router ended by SIGKILL without any fault asking for it/],
    ['v3', /^v3 ended by SIGKILL without any fault asking for it; its log ends: /],
  ])('is invalid when %s dies, says so in one line and leaves nothing', async (service, line) => {
    const run = start(endless('[]'))
    await run.until(ready)
    const project = projectOf(run.said())
    docker('kill', containerOf(project, service))
    expect((await run.ended).code).toBe(2)
    expect(reasons(run)[0]).toMatch(line)
    expect(reasons(run)[0]).not.toContain('\n')
    expect(remains(project)).toEqual([])
  })

  it('on a subnet that is taken says so in one line and starts nothing', async () => {
    const taken = 'groundwork-test-taken'
    docker('network', 'create', '--subnet', '10.99.3.0/24', taken)
    try {
      const run = start(endless('[]'), '--subnet', '10.99')
      expect((await run.ended).code).toBe(64)
      expect(run.said()).toBe(
        `groundwork: subnet 10.99.0.0/16 is not free: the Docker network ${taken} has addresses in it; leave --subnet out to have a free one chosen\n`,
      )
    } finally {
      docker('network', 'rm', taken)
    }
  })
})
