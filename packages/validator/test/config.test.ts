import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigSources } from '@groundwork/program'
import { afterAll, describe, expect, it } from 'vitest'
import { type Config, loadConfig } from '../src/config.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-config-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const minimal = { version: 1, name: 'v1', genesis: 'g.json', validatorKey: 'v.json', networkKey: 'n.json' }
const file = join(dir, 'config.json')

function load(content: unknown, sources: Partial<ConfigSources> = {}): Config {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return loadConfig({ file, flags: {}, environment: {}, ...sources })
}

it('fills in defaults, with paths from the folder of the file', () => {
  expect(load(minimal)).toEqual({
    ...minimal,
    genesis: join(dir, 'g.json'),
    validatorKey: join(dir, 'v.json'),
    networkKey: join(dir, 'n.json'),
    dataDir: join(dir, 'data'),
    listen: { host: '127.0.0.1', port: 0 },
    api: { host: '127.0.0.1', port: 0 },
    peers: [],
    physical: null,
    trace: null,
    exitWithParent: false,
    logLevel: 'info',
    logFile: null,
  })
})

it('puts a flag before the environment, the environment before the file, the file before the default', () => {
  const content = { ...minimal, api: { port: 1 }, listen: { port: 1 }, logLevel: 'warn' }
  const config = load(content, {
    flags: { 'api-port': '3', 'exit-with-parent': true },
    environment: {
      GROUNDWORK_API_PORT: '2',
      GROUNDWORK_LISTEN_PORT: '2',
      GROUNDWORK_EXIT_WITH_PARENT: 'false',
    },
  })
  expect(config.api).toEqual({ host: '127.0.0.1', port: 3 })
  expect(config.listen).toEqual({ host: '127.0.0.1', port: 2 })
  expect(config).toMatchObject({ logLevel: 'warn', exitWithParent: true })
})

describe('says in one line what is wrong', () => {
  const peer = { name: 'v2', validator: 1, peerId: 'x', host: 'h', port: 1, dial: true }
  const cases: readonly [what: string, content: unknown, sources: Partial<ConfigSources>, line: RegExp][] = [
    ['a missing file', minimal, { file: join(dir, 'none.json') }, /none\.json: no such file$/],
    ['a folder', minimal, { file: dir }, /: a folder, not a file$/],
    ['no JSON', '{ "version": 1,', {}, /config\.json: not JSON: /],
    ['another version', { ...minimal, version: 2 }, {}, /version 2 is unknown, expected 1$/],
    ['no version', {}, {}, /version undefined is unknown, expected 1$/],
    ['an unknown key', { ...minimal, apiPort: 1 }, {}, /Unrecognized key: "apiPort"$/],
    ['an unknown key inside', { ...minimal, api: { prot: 1 } }, {}, /api: Unrecognized key: "prot"$/],
    [
      'misbehaviour, which no file can ask for',
      { ...minimal, byzantine: ['twin'] },
      {},
      /Unrecognized key: "byzantine"$/,
    ],
    ['a bad name', { ...minimal, name: 'a b' }, {}, /name: expected letters, digits, - and _, at most 64$/],
    [
      'a bad port of a peer',
      { ...minimal, peers: [{ ...peer, port: 70_000 }] },
      {},
      /peers\.0\.port: .*65535$/,
    ],
    [
      'a bad flag',
      minimal,
      { flags: { 'api-port': 'x' } },
      /^--api-port: expected a port from 0 to 65535, got "x"$/,
    ],
    [
      'a bad variable',
      minimal,
      { environment: { GROUNDWORK_API_PORT: '-1' } },
      /^GROUNDWORK_API_PORT: expected a port/,
    ],
    [
      'a bad switch',
      minimal,
      { environment: { GROUNDWORK_EXIT_WITH_PARENT: 'maybe' } },
      /expected true or false, got "maybe"$/,
    ],
    ['a bad level', minimal, { flags: { 'log-level': 'loud' } }, /logLevel: .*"info"/],
  ]
  it.each(cases)('%s', (_, content, sources, line) => {
    expect(() => load(content, sources)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(line) }),
    )
    expect(() => load(content, sources)).not.toThrow(/\n/)
  })
})
