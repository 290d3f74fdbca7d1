import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../', import.meta.url))

/** What each package may import of ours. Arrows point at purer code; only programs and the simulator know adapters. */
const allowed: Record<string, readonly string[]> = {
  primitives: [],
  ledger: ['primitives'],
  'stake-core': ['primitives', 'ledger'],
  'proof-of-space': ['primitives'],
  'physical-core': ['primitives'],
  'hybrid-core': ['primitives', 'ledger', 'stake-core', 'physical-core'],
  'hybrid-host': ['primitives', 'ledger', 'stake-core', 'physical-core', 'hybrid-core'],
  byzantine: ['primitives', 'ledger', 'stake-core', 'physical-core', 'hybrid-core'],
  vdf: ['primitives'],
  genesis: ['primitives', 'ledger', 'stake-core', 'physical-core', 'hybrid-core'],
  host: ['primitives', 'ledger', 'stake-core', 'physical-core'],
  'physical-host': ['primitives', 'physical-core', 'host', 'proof-of-space', 'vdf'],
  'transport-libp2p': ['primitives', 'stake-core', 'host'],
  'store-level': ['primitives', 'ledger', 'stake-core', 'physical-core', 'host'],
  wan: ['primitives'],
  scenario: ['primitives', 'wan', 'hybrid-core'],
  trace: ['primitives', 'ledger', 'stake-core', 'physical-core', 'hybrid-core', 'scenario'],
  program: [
    'primitives',
    'stake-core',
    'physical-core',
    'hybrid-core',
    'host',
    'physical-host',
    'hybrid-host',
    'proof-of-space',
    'vdf',
    'transport-libp2p',
    'store-level',
    'trace',
  ],
  simulator: [
    'primitives',
    'ledger',
    'stake-core',
    'physical-core',
    'hybrid-core',
    'hybrid-host',
    'byzantine',
    'genesis',
    'host',
    'trace',
    'wan',
    'scenario',
  ],
  validator: [
    'primitives',
    'ledger',
    'stake-core',
    'physical-core',
    'hybrid-core',
    'hybrid-host',
    'byzantine',
    'genesis',
    'host',
    'physical-host',
    'transport-libp2p',
    'store-level',
    'trace',
    'program',
  ],
  farmer: [
    'primitives',
    'physical-core',
    'hybrid-core',
    'hybrid-host',
    'byzantine',
    'genesis',
    'host',
    'physical-host',
    'proof-of-space',
    'vdf',
    'transport-libp2p',
    'store-level',
    'trace',
    'program',
  ],
  client: [
    'primitives',
    'ledger',
    'stake-core',
    'physical-core',
    'hybrid-core',
    'hybrid-host',
    'genesis',
    'host',
    'physical-host',
    'proof-of-space',
  ],
  controller: [
    'primitives',
    'ledger',
    'client',
    'genesis',
    'trace',
    'wan',
    'scenario',
    'simulator',
    'validator',
    'farmer',
    'proof-of-space',
    'vdf',
  ],
}

/** The only packages that may import these libraries. */
const owners: Record<string, string> = {
  libp2p: 'transport-libp2p',
  '@libp2p': 'transport-libp2p',
  level: 'store-level',
}

const packages = readdirSync(`${root}packages`)
const sourcesOf = (folder: string) =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [])
    .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
    .map((path) => ({ path, text: readFileSync(`${folder}/${path}`, 'utf8') }))
const statement =
  /^(?:import|export)[^;'"]*?\sfrom '([^'.][^']*)'|^import '([^'.][^']*)'|\bimport\('([^'.][^']*)'\)/gm
const importsOf = (text: string) =>
  [...text.matchAll(statement)].map((match) => (match[1] ?? match[2] ?? match[3]) as string)

test('every package has its allowed edges written down', () => {
  expect(packages.sort()).toEqual(Object.keys(allowed).sort())
})

describe.each(packages)('%s', (name) => {
  const manifest = JSON.parse(readFileSync(`${root}packages/${name}/package.json`, 'utf8')) as {
    description: string
    dependencies?: Record<string, string>
  }
  const sources = sourcesOf(`${root}packages/${name}/src`)

  test('imports only what it may', () => {
    const declared = Object.keys(manifest.dependencies ?? {})
    const ours = declared.filter((dependency) => dependency.startsWith('@groundwork/'))
    expect(allowed[name]).toEqual(
      expect.arrayContaining(ours.map((dependency) => dependency.slice('@groundwork/'.length))),
    )
    for (const { path, text } of sources) {
      for (const specifier of importsOf(text)) {
        const library = specifier.startsWith('@groundwork/') ? undefined : owners[specifier.split('/')[0]!]
        if (library !== undefined)
          expect({ path, specifier, owner: name }).toEqual({ path, specifier, owner: library })
        if (specifier.startsWith('node:')) continue
        const dependency = specifier
          .split('/')
          .slice(0, specifier.startsWith('@') ? 2 : 1)
          .join('/')
        expect(declared, `${path} imports ${specifier}`).toContain(dependency)
      }
    }
  })

  test('keeps its files small', () => {
    for (const { path, text } of [...sources, ...sourcesOf(`${root}packages/${name}/test`)]) {
      expect(text.split('\n').length, path).toBeLessThanOrEqual(400)
    }
  })

  test('says what it does', () => {
    expect(manifest.description.length).toBeGreaterThan(20)
    expect(readFileSync(`${root}packages/${name}/README.md`, 'utf8')).toContain(`# @groundwork/${name}`)
  })
})

test('the controller drives nodes from outside: it imports no core', () => {
  for (const { path, text } of sourcesOf(`${root}packages/controller/src`)) {
    expect(importsOf(text), path).not.toContain('@groundwork/stake-core')
  }
})
