import { hybridProfiles } from '@groundwork/hybrid-core'
import { physicalProfiles } from '@groundwork/physical-core'
import { toHex } from '@groundwork/primitives'
import { describe, expect, test } from 'vitest'
import {
  deriveGenesisOf,
  epochOf,
  formatGenesis,
  genesisHash,
  parseGenesis,
  physicalGenesisHash,
} from '../src/index.ts'
import { example, hybridExample, physicalExample } from './example.ts'

const { ci } = hybridProfiles
const section = hybridExample.hybrid!

test('what is written is read back', () => {
  expect(parseGenesis(formatGenesis(hybridExample))).toEqual(hybridExample)
})

test('the hash changes with the section and with everything in it', () => {
  const variants = [
    example,
    hybridExample,
    { ...example, hybrid: { ...section, physicalGenesis: genesisHash(example) } },
    ...Object.keys(ci).map((name) => {
      const changed = { leak: { num: 1, den: 3 }, theta: { num: 3, den: 5 }, slashBadState: true }
      const value = changed[name as keyof typeof changed] ?? 1001
      return { ...example, hybrid: { ...section, parameters: { ...ci, [name]: value } } }
    }),
  ]
  expect(new Set(variants.map((genesis) => toHex(genesisHash(genesis)))).size).toBe(variants.length)
})

describe('says in one line what is wrong', () => {
  const text = (change: object) => {
    const file = JSON.parse(formatGenesis(hybridExample))
    return JSON.stringify({ ...file, hybrid: { ...file.hybrid, ...change } })
  }
  test.each([
    ['an unknown version', { version: 2 }, 'hybrid.version: expected version 1'],
    ['an unknown key', { theta: 1 }, 'hybrid: expected .* found the unknown key "theta"'],
    ['no hash', { physicalGenesis: 'x' }, 'hybrid.physicalGenesis: expected 32 bytes'],
    ['a missing parameter', { parameters: { ...ci, kappa: undefined } }, 'hybrid.parameters.kappa: expected'],
    ['an unknown parameter', { parameters: { ...ci, D: 1 } }, 'the unknown key "D"'],
    ['a relation that does not hold', { parameters: { ...ci, windowBlocks: 12 } }, 'windowBlocks = kappa'],
  ])('%s', (_, change, line) => {
    expect(() => parseGenesis(text(change))).toThrow(new RegExp(line))
    expect(() => parseGenesis(text(change))).not.toThrow(/\n/)
  })
})

describe('what is derived begins with both genesis files', () => {
  test('and with nothing else', () => {
    const { parameters, epoch, space } = deriveGenesisOf(hybridExample, physicalExample)
    expect(parameters).toEqual(ci)
    expect(epoch).toEqual(epochOf(hybridExample))
    expect(space.active.size).toBe(1)
  })

  test('of one network', () => {
    expect(() => deriveGenesisOf(example, physicalExample)).toThrow(/hybrid: expected the section/)
    const other = { ...physicalExample, chain: 'other' }
    expect(() => deriveGenesisOf(hybridExample, other)).toThrow(/expected the physical chain at hand/)
  })

  test('whose parameters fit each other', () => {
    const physical = { ...physicalExample, parameters: { ...physicalProfiles.demo, regionCapMilli: 1000 } }
    const genesis = { ...example, hybrid: { ...section, physicalGenesis: physicalGenesisHash(physical) } }
    expect(() => deriveGenesisOf(genesis, physical)).toThrow(/both chains have one kappa/)
  })
})
