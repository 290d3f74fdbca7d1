import { expect, test } from 'vitest'
import { cluster, fuzz, profiles } from '../src/index.ts'

test.each(profiles)('%s: a seed names a run, and other seeds name others', (profile) => {
  const hashes = [1, 2, 3, 4].map((seed) => fuzz(profile, seed, { audited: true }).auditHash)
  expect(new Set(hashes).size).toBe(4)
  expect(fuzz(profile, 3, { audited: true }).auditHash).toBe(hashes[2])
})

test('the fingerprint sees a single changed message', () => {
  const run = (drop: boolean): string => {
    const world = cluster({ nodes: 4, seed: 1, audited: true }).run(1_000)
    let left = drop ? 1 : 0
    world.network.drop((_from, _to, message) => message.kind === 'vote' && left-- > 0)
    return world.run(1_000).auditHash()
  }
  expect(run(false)).toBe(run(false))
  expect(run(true)).toBe(run(true))
  expect(run(true)).not.toBe(run(false))
})
