import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { networkPlan } from '@groundwork/validator'
import { afterAll, expect, it } from 'vitest'
import { defaultNetwork } from '../../src/docker/default-network.ts'
import { settle } from '../../src/hub/settled.ts'

const dir = mkdtempSync(join(tmpdir(), 'groundwork-settled-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const network = defaultNetwork()

it('the first slot is settled at the first start, in the future, and stays', () => {
  const { physicalTimeMs, hybrid, ...rest } = settle(network, dir, 1_000_000)
  expect(hybrid).toBeDefined()
  expect(rest).toEqual(network)
  expect(physicalTimeMs).toBeGreaterThan(1_000_000 + 6_000)
  expect(physicalTimeMs).toBeLessThan(1_000_000 + 30_000)
  expect(settle(network, dir, 9_000_000).physicalTimeMs).toBe(physicalTimeMs)
})

it('what the file says stays, and without farmers there is nothing to settle', () => {
  const said = { ...network, physicalTimeMs: 5 }
  expect(settle(said, join(dir, 'nowhere'), 1)).toBe(said)
  const { physical: _, hybrid: __, ...plan } = network.plan
  const stake = { ...network, plan }
  expect(settle(stake, join(dir, 'nowhere'), 1)).toBe(stake)
})

it('what follows from the first slot is settled with it', () => {
  expect(network.hybrid).toBeUndefined()
  const settled = settle(network, mkdtempSync(join(dir, 'hybrid-')), 1_000_000)
  expect(networkPlan(settled, 'x').hybrid?.physical.timeMs).toBe(settled.physicalTimeMs)
})

it('nothing is settled anew over a file that says something else, or where nothing can be kept', () => {
  const damaged = mkdtempSync(join(dir, 'damaged-'))
  for (const text of ['', '{}', '{"version":2,"physicalTimeMs":5}', '{"version":1,"physicalTimeMs":"5"}']) {
    writeFileSync(join(damaged, 'first-slot.json'), text)
    expect(() => settle(network, damaged, 1)).toThrow(/not what the controller wrote/)
  }
  expect(() => settle(network, join(dir, 'nowhere'), 1)).toThrow(/cannot be written \(ENOENT\)/)
})
