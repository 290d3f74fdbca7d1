import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
/** From chiapos (Chia Network, Apache-2.0). */
const reference = fileURLToPath(new URL('../../../test/vectors/chiapos-proofs-40.csv', import.meta.url))
const idOne = '23023404333717545b0a6f0c0dde9710e4d3fe2d5cc6cc0a090a0b818bab0f17'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-plot-cli-'))
  expect(plot('create', '--plot-id', idOne, '--out', 'one.plot')).toMatchObject({ status: 0 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function plot(...args: readonly string[]) {
  const environment = { ...process.env, GROUNDWORK_CWD: folder, NO_COLOR: '1' }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'plot', ...args], {
    encoding: 'utf8',
    env: environment,
  })
  return { status, stdout, stderr }
}

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content)
  return name
}

describe('plot create', () => {
  it('plots a file, and says that the space is modelled', () => {
    const { status, stdout, stderr } = plot('create', '--seed', 'demo')
    expect(stdout).toContain('modelled space')
    expect(stdout).toMatch(/plot-k16-[0-9a-f]{16}\.plot: 2\.\d MB/)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(plot('create', '--seed', 'demo')).toMatchObject({
      status: 64,
      stdout: '',
      stderr: expect.stringMatching(/^groundwork: .*: is there already; --force replaces it\n$/),
    })
  })

  it('prints one JSON object, and gives an id to each key and index', () => {
    const create = (...args: readonly string[]) => {
      const { status, stdout } = plot('create', '--out', 'key.plot', '--force', '--json', ...args)
      expect(status).toBe(0)
      return JSON.parse(stdout)
    }
    const key = ['--farmer-key', 'AB'.repeat(32)]
    const first = create(...key)
    expect(first).toMatchObject({ version: 1, k: 16, modelled: true, file: join(folder, 'key.plot') })
    expect(statSync(first.file).size).toBe(first.bytes)
    const others = [create(...key, '--index', '1'), create(), create()]
    const ids = [first, ...others].map(({ plotId }) => plotId)
    expect(new Set(ids).size).toBe(4)
    expect(create(...key).plotId).toBe(first.plotId)
  })

  it.each([
    [['--k', '15'], 'Expected a whole number from 16 to 24'],
    [['--plot-id', 'zz'], '--plot-id zz: expected 32 bytes in hexadecimal'],
    [['--farmer-key', 'ab'], '--farmer-key ab: expected 32 bytes'],
    [['--seed', 'a', '--plot-id', idOne], 'expected one of them'],
    [['--index', '1'], '--index goes with --farmer-key'],
    [['--out', 'none/a.plot'], 'no such file or folder'],
  ])('%j is wrong usage: one line, exit code 64', (args, complaint) => {
    const before = readdirSync(folder)
    const { status, stdout, stderr } = plot('create', ...args)
    expect({ status, stdout }).toEqual({ status: 64, stdout: '' })
    expect(stderr.trimEnd().split('\n')).toEqual([expect.stringContaining(complaint)])
    expect(readdirSync(folder)).toEqual(before)
  })

  it('interrupted leaves nothing and exits with 130', async () => {
    const before = readdirSync(folder)
    const child = spawn(process.execPath, [main, 'plot', 'create', '--k', '22'], {
      env: { ...process.env, GROUNDWORK_CWD: folder },
      stdio: 'ignore',
    })
    const isUnderWay = () => readdirSync(folder).some((name) => name.endsWith('.partial'))
    await vi.waitUntil(isUnderWay, { timeout: 30_000, interval: 20 })
    child.kill('SIGINT')
    expect(await once(child, 'exit')).toEqual([130, null])
    expect(readdirSync(folder)).toEqual(before)
  })
})

describe('plot check', () => {
  it('proves and verifies, and says how many proofs were expected', () => {
    const { status, stdout, stderr } = plot('check', 'one.plot', '--challenges', '200')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/\d+ proofs for 200 challenges \(\d+\.\d expected\), all valid/)
    expect(stdout).toContain('modelled space')
    const json = JSON.parse(plot('check', 'one.plot', '--json').stdout)
    expect(json).toMatchObject({ version: 1, ok: true, plotId: idOne, challenges: 100, invalid: 0 })
    expect(Math.abs(json.proofs - json.expected)).toBeLessThan(40)
  })

  it('fails for a damaged plot, with one line and exit code 1', () => {
    const image = readFileSync(join(folder, 'one.plot'))
    image[1_000_000]! ^= 1
    const name = file('damaged.plot', image)
    expect(plot('check', name)).toEqual({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^groundwork: .*damaged\.plot: does not agree with its checksum\n$/),
    })
    expect(JSON.parse(plot('check', name, '--json').stdout)).toMatchObject({
      ok: false,
      code: 'PLOT_CORRUPT',
    })
    expect(plot('check', file('short.plot', image.subarray(0, 5000)))).toMatchObject({
      status: 1,
      stdout: '',
    })
    expect(plot('check', file('foreign.plot', 'no plot'))).toMatchObject({ status: 1, stdout: '' })
  })

  it('exits with 64 for a file that is not there', () => {
    const { status, stderr } = plot('check', 'none.plot')
    expect(status).toBe(64)
    expect(stderr).toMatch(/^groundwork: .*none\.plot: no such file or folder\n$/)
  })
})

describe('plot verify', () => {
  const rows = readFileSync(reference, 'utf8').trim().split('\n')
  const [header, ...proofs] = rows as [string, ...string[]]
  const qualities = proofs.map((row) => row.split(',')[4] as string)
  const verify = (text: string | Uint8Array) => {
    const { status, stdout, stderr } = plot('verify', file('proofs.csv', text))
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return stdout.split('\n').slice(0, -1)
  }
  const [one, two] = proofs as [string, string]

  it("accepts chiapos' proofs with their qualities", () => {
    expect(plot('verify', reference)).toEqual({ status: 0, stderr: '', stdout: `${qualities.join('\n')}\n` })
  })

  it('reads a file without a header, with blank lines, spaces, capitals and either end of line', () => {
    expect(verify(proofs.join('\n'))).toEqual(qualities)
    expect(verify(`${rows.join('\r\n\r\n')}\r\n`)).toEqual(qualities)
    expect(verify(`\n  \n${one.replaceAll(',', ' , ').toUpperCase()}\n\n`)).toEqual([qualities[0]])
    expect(verify(`\u{feff}${header}\n${one}`)).toEqual([qualities[0]])
    expect(verify(`id, size, challenge, "the proof"\n${one.split(',').slice(0, 4).join()}`)).toEqual([
      qualities[0],
    ])
    expect(verify('')).toEqual([])
  })

  it('says invalid where a value is another, one line for each', () => {
    const changed = (column: number, change: (value: string) => string) =>
      one
        .split(',')
        .map((value, i) => (i === column ? change(value) : value))
        .join(',')
    const bump = (hex: string) =>
      (Number.parseInt(hex.slice(0, 2), 16) + 1).toString(16).padStart(2, '0') + hex.slice(2)
    const mutations = [changed(0, bump), changed(1, () => '22'), changed(2, bump), changed(3, bump)]
    expect(verify([one, ...mutations, two].join('\n'))).toEqual([
      qualities[0],
      'invalid',
      'invalid',
      'invalid',
      'invalid',
      qualities[1],
    ])
  })

  it('says invalid to lines that are no proof', () => {
    const lines = [
      'nonsense',
      ',,,',
      ',,,,,,,,',
      '0,0,0,0',
      one.replace(',21,', ',0x15,'),
      one.replace(',21,', ',21.0,'),
      one.replace(',21,', ',,'),
      one.replace(',21,', ',999999999999,'),
      one.replace(',', ';'),
      one.slice(1),
      `0x${one}`,
      one.split(',').slice(0, 3).join(),
      header,
      'é'.repeat(200_000),
      '\u0000\u0001',
      `${one.split(',').slice(0, 3).join()},${'00'.repeat(100_000)}`,
    ]
    expect(verify([...lines, one].join('\n'))).toEqual([...lines.map(() => 'invalid'), qualities[0]])
    expect(
      verify(Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251)).every(
        (each) => each === 'invalid',
      ),
    ).toBe(true)
  })

  it('ignores further columns, however long', () => {
    expect(verify(`${one},${'x,'.repeat(300_000)}\n${two}`)).toEqual(qualities.slice(0, 2))
  })

  it('ends quietly when nobody reads on', async () => {
    const many = file('many.csv', `${proofs.join('\n')}\n`.repeat(100))
    const child = spawn(process.execPath, [main, 'plot', 'verify', join(folder, many)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let complaint = ''
    child.stderr.on('data', (chunk) => {
      complaint += chunk
    })
    await once(child.stdout, 'data')
    child.stdout.destroy()
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(complaint).toBe('')
  })

  it.each([
    ['none.csv', 'no such file'],
    ['.', 'a folder, expected a file of proofs'],
  ])('exits with 64 for %s', (name, complaint) => {
    expect(plot('verify', name)).toEqual({
      status: 64,
      stdout: '',
      stderr: `groundwork: ${name}: ${complaint}\n`,
    })
  })
})

it('plot bench prints one JSON object', () => {
  const { status, stdout } = plot('bench', '--runs', '1', '--json')
  expect(status).toBe(0)
  const { version, rows } = JSON.parse(stdout)
  expect(version).toBe(1)
  expect(rows.map(({ k }: { k: number }) => k)).toEqual([16, 18])
  for (const { plotMs, verifyUs, memory, disk } of rows)
    for (const figure of [plotMs, verifyUs.p50, memory.lookUpUs.p50, disk.proveUs.p99])
      expect(figure).toBeGreaterThan(0)
})
