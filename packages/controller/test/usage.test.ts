import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { main } from '../src/cli/program.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-usage-'))
  vi.stubEnv('GROUNDWORK_CWD', folder)
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

/** The command line in this process: its exit code, and what it wrote. */
async function commandLine(...args: readonly string[]) {
  const written = { stdout: '', stderr: '' }
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += text
      return true
    }),
  )
  try {
    return { status: await main(args), ...written }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

describe('wrong usage is one line on standard error, exit code 64, and starts nothing', () => {
  const scenarioFile = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return name
  }
  it.each([
    ['an unknown command', () => ['rum'], 'unknown command'],
    ['an unknown option', () => ['run', 'baseline', '--sed', '1'], "unknown option '--sed'"],
    ['no scenario', () => ['run'], "missing required argument 'scenario'"],
    [
      'an unknown scenario',
      () => ['run', 'basline'],
      'no scenario "basline" in the library, which has baseline',
    ],
    ['a missing file', () => ['run', './none.yaml'], './none.yaml: no such file'],
    ['a folder', () => ['run', './'], 'a folder, expected a scenario file'],
    [
      'an unknown runtime',
      () => ['run', 'baseline', '--runtime', 'dockr'],
      'Allowed choices are simulated, process, docker',
    ],
    [
      'a router for a runtime that has none',
      () => ['run', 'baseline', '--wan', 'netem'],
      '--wan goes with --runtime docker',
    ],
    ['an unknown way to emulate', () => ['up', '--wan', 'tc'], 'Allowed choices are auto, netem, packets'],
    ['an unknown fault', () => ['fault', 'kil', 'v1'], '"kil" is not a fault, did you mean "kill"'],
    ['a fault without a value', () => ['fault', 'kill', 'v1', '--for'], 'fault kill: --for needs a value'],
    [
      'a word too many',
      () => ['fault', 'partition', 'v1'],
      '"v1" is too much; arguments are given as --key value',
    ],
    ['nothing to heal', () => ['heal'], 'expected ids of faults'],
    ['a bad seed', () => ['run', 'baseline', '--seed', '-1'], 'whole number from 0'],
    ['a bad repeat', () => ['run', 'baseline', '--repeat', 'x'], 'whole number from 1'],
    ['not YAML', () => ['run', scenarioFile('broken.yaml', 'name: [')], 'broken.yaml:1'],
    ['an unknown key', () => ['run', scenarioFile('key.yaml', 'nam: x')], 'key.yaml:1:1: nam'],
    [
      'an impossible target',
      () => ['run', scenarioFile('target.yaml', 'timeline: [{ at: 1s, fault: kill, target: v9, for: 1s }]')],
      'target.yaml:1',
    ],
    [
      'what the runtime cannot do',
      () => [
        'run',
        scenarioFile(
          'loss.yaml',
          'timeline: [{ at: 1s, fault: shape, from: v1, to: v2, loss: 0.1, for: 1s }]',
        ),
      ],
      'lossRatio',
    ],
    ['a missing run', () => ['report', 'runs/none'], 'runs/none: no such run folder'],
    [
      'an id that is none to follow',
      () => ['follow', '--transaction', 'abc'],
      '--transaction: expected an id of 64 lower-case hexadecimal digits, found "abc"',
    ],
    ['a stage of no transaction', () => ['follow', '--until', 'fast'], '--until needs a --transaction'],
    [
      'a run to follow that is none',
      () => ['follow', '--run', 'nowhere'],
      'nowhere: no run of processes has nodes there',
    ],
    [
      'a genesis to follow that is none',
      () => ['follow', '--genesis', 'nowhere.json', '--api', 'http://127.0.0.1:1'],
      'nowhere.json: no such genesis file',
    ],
    [
      'a node to follow without a genesis',
      () => ['follow', '--api', 'http://127.0.0.1:1'],
      "no controller's API answers there; for a node's, say what to trust",
    ],
    ['an unknown command of vdf', () => ['vdf', 'bank'], 'unknown command'],
    ['no runs of vdf', () => ['vdf', 'bench', '--runs', '0'], 'Expected a whole number from 1 to 1000'],
    ['an unknown path of vdf', () => ['vdf', 'bench', '--path', 'gmp'], 'Allowed choices are auto, bigint'],
  ])('%s', async (_, args, message) => {
    const { status, stdout, stderr } = await commandLine(...args())
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(/^groundwork: /)
    expect(stdout).toBe('')
    expect(status).toBe(64)
    expect(existsSync(join(folder, 'runs'))).toBe(false)
  })
})

describe('without a docker client', () => {
  const line =
    'groundwork: no docker client was found in the PATH; install Docker Engine, or use --runtime process, which needs none\n'
  it.each([
    [['run', 'baseline', '--runtime', 'docker']],
    [['up']],
    [['down']],
    [['ps']],
    [['logs', 'v1']],
    [['fault', 'kill', 'v1']],
    [['heal', '--all']],
  ])('%j says so in one line and leaves nothing', async (args) => {
    const path = process.env.PATH
    process.env.PATH = folder
    try {
      expect(await commandLine(...args)).toMatchObject({ status: 2, stdout: '', stderr: line })
    } finally {
      process.env.PATH = path
    }
  })
})
