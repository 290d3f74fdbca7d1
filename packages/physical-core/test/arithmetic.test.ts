import { hash, prng } from '@groundwork/primitives'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  chainRules,
  createChainSync,
  estimatedSpace,
  genesisState,
  isWin,
  lotteryEngines,
  lotteryNumber,
  lotteryTarget,
  nextDifficulty,
  rangeFor,
  type SyncEffect,
  type SyncView,
  spaceShareMilli,
  winnersMilli,
  withFittingDifficulty,
  workQuality,
} from '../src/index.ts'
import { seedOf, testGenesis } from './model.ts'

describe('PC4: lottery', () => {
  test('the target is exactly where winning ends', () => {
    const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })
    const size = fc.bigInt({ min: 0n, max: 1n << 49n })
    fc.assert(
      fc.property(u64, size, fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }), (u, effective, difficulty) => {
        const target = lotteryTarget(difficulty, effective)
        expect(isWin(u, difficulty, effective)).toBe(u < target)
        if (target > 0n) expect(isWin(target - 1n, difficulty, effective)).toBe(true)
      }),
    )
  })

  test('sizes are (2k + 1) 2^(k - 1)', () => {
    expect(lotteryEngines.space.baseSize(16)).toBe(1_081_344n)
    expect(lotteryEngines.space.baseSize(32)).toBe(65n << 31n)
  })

  test('PC19: work wins in proportion to the nonces tried', () => {
    const size = lotteryEngines.work.baseSize(0)
    let wins = 0
    for (let nonce = 0; nonce < 4000; nonce++) {
      const quality = workQuality(
        seedOf('plot'),
        seedOf('c'),
        Uint8Array.of(0, 0, 0, 0, 0, 0, nonce >> 8, nonce),
      )
      if (isWin(lotteryNumber(quality, seedOf('c')), size * 10n, size)) wins++
    }
    // One in ten, standard deviation 19.
    expect(wins).toBeGreaterThan(320)
    expect(wins).toBeLessThan(480)
  })
})

test('a fitting difficulty gives the first epoch its winners, for the tickets that plots of its sizes have', () => {
  for (const milli of [1000, 500]) {
    const genesis = withFittingDifficulty(
      testGenesis({ plots: [3, 3], parameters: { winnersPerSlotMilli: milli, initialDifficulty: 7n } }),
    )
    const { space } = genesisState(chainRules(genesis)).epoch
    const winners = (Number(space) / Number(genesis.parameters.initialDifficulty)) * 0.83
    expect(winners).toBeCloseTo(milli / 1000, 5)
  }
  const none = testGenesis({ plots: [], parameters: { initialDifficulty: 7n } })
  expect(withFittingDifficulty(none)).toEqual(none)
})

test('PC9: difficulty follows blocks, within 3/4 and 4/3, in integers', () => {
  const cases: [blocks: number, next: bigint][] = [
    [0, 750n],
    [75, 750n],
    [76, 760n],
    [100, 1000n],
    [133, 1330n],
    [134, 1333n],
    [1000, 1333n],
  ]
  for (const [blocks, next] of cases) expect(nextDifficulty(1000n, blocks, 100)).toBe(next)
  expect(nextDifficulty(1n, 0, 100)).toBe(1n)
  expect(nextDifficulty((1n << 63n) - 1n, 1000, 100)).toBe((1n << 63n) - 1n)
})

describe('PC20: estimates', () => {
  test('agree with the logarithm to a thousandth', () => {
    for (let active = 1; active < 240; active++) {
      const exact = Math.log(1 - active / 240) / Math.log(1 - 0.632121)
      expect(Math.abs(spaceShareMilli(active, 240, 632_121) - 1000 * exact)).toBeLessThan(1.1)
      expect(Math.abs(winnersMilli(active, 240) + 1000 * Math.log(1 - active / 240))).toBeLessThan(1.1)
    }
    expect(spaceShareMilli(0, 240, 632_121)).toBe(0)
    expect(spaceShareMilli(240, 240, 632_121)).toBeGreaterThan(5000)
    expect(estimatedSpace(13_000_000n, 152, 240)).toBeGreaterThan(12_900_000n)
    expect(estimatedSpace(13_000_000n, 152, 240)).toBeLessThan(13_100_000n)
  })

  test('half the space is seen as half, with a deviation of about a twentieth', () => {
    const random = prng('half')
    const estimates = Array.from({ length: 400 }, () => {
      let active = 0
      for (let slot = 0; slot < 240; slot++) if (random.below(1_000_000) < 393_469) active++
      return spaceShareMilli(active, 240, 632_121)
    })
    const mean = estimates.reduce((a, b) => a + b, 0) / estimates.length
    const variance = estimates.reduce((a, b) => a + (b - mean) ** 2, 0) / estimates.length
    expect(mean).toBeGreaterThan(490)
    expect(mean).toBeLessThan(515)
    expect(Math.sqrt(variance)).toBeGreaterThan(40)
    expect(Math.sqrt(variance)).toBeLessThan(65)
  })
})

describe('PC18: sync', () => {
  const name = (n: number) => hash('test', Uint8Array.of(n >> 8, n))
  const view = (weight: bigint, waiting = 0): SyncView => ({ weight, waiting, locator: () => [name(0)] })
  const status = (from: string, weight: bigint, height = 300) =>
    ({ kind: 'status', from, status: { height, hash: name(height), slot: height, weight } }) as const
  const kinds = (effects: readonly SyncEffect[]) =>
    effects.map((e) => (e.kind === 'drop' ? e.reason : e.kind))

  test('asks the heaviest, range by range from where it got to, and is done when as heavy', () => {
    const sync = createChainSync()
    expect(kinds(sync.step(status('a', 5n), view(10n)))).toEqual([])
    expect(kinds(sync.step(status('b', 300n), view(10n)))).toEqual(['request', 'timer'])
    expect(kinds(sync.step(status('c', 400n), view(10n)))).toEqual([])
    expect(sync.from).toBe('b')
    const hashes = Array.from({ length: 128 }, (_, i) => name(i + 1))
    const [request] = sync.step({ kind: 'answer', from: 'b', hashes }, view(10n))
    expect(request).toMatchObject({ kind: 'request', to: 'b', locator: [name(128), name(0)] })
    // Blocks that wait for slots come first.
    expect(kinds(sync.step({ kind: 'answer', from: 'b', hashes: [name(129)] }, view(10n, 100)))).toEqual([
      'timer',
    ])
    expect(kinds(sync.step({ kind: 'progress' }, view(10n, 90)))).toEqual([])
    expect(kinds(sync.step({ kind: 'progress' }, view(200n)))).toEqual(['request', 'timer'])
    expect(kinds(sync.step({ kind: 'progress' }, view(300n)))).toEqual(['request', 'timer'])
    expect(sync.from).toBe('c')
    expect(kinds(sync.step({ kind: 'progress' }, view(400n)))).toEqual(['synced'])
    expect(sync.from).toBe(null)
  })

  test('a peer that claims a height it lacks is dropped: silent, empty, or short', () => {
    const silent = createChainSync()
    const [, timer] = silent.step(status('liar', 500n), view(1n))
    const stale = { kind: 'timer', request: -1 } as const
    expect(kinds(silent.step(stale, view(1n)))).toEqual([])
    expect(kinds(silent.step(timer as { kind: 'timer'; request: number }, view(1n)))).toEqual([
      'sync-no-answer',
    ])
    const empty = createChainSync()
    empty.step(status('liar', 500n), view(1n))
    expect(kinds(empty.step({ kind: 'answer', from: 'liar', hashes: [] }, view(1n)))).toEqual(['sync-empty'])
    const short = createChainSync()
    short.step(status('liar', 500n), view(1n))
    short.step({ kind: 'answer', from: 'liar', hashes: [name(1)] }, view(2n))
    expect(kinds(short.step({ kind: 'answer', from: 'liar', hashes: [] }, view(2n)))).toEqual([
      'sync-claim-false',
    ])
    const endless = createChainSync()
    endless.step(status('liar', 500n, 10), view(1n))
    let dropped: string[] = []
    for (let n = 0; n < 5 && dropped.length === 0; n++) {
      const hashes = Array.from({ length: 100 }, (_, i) => name(100 * n + i + 1))
      dropped = kinds(endless.step({ kind: 'answer', from: 'liar', hashes }, view(1n))).filter((kind) =>
        kind.startsWith('sync'),
      )
    }
    expect(dropped).toEqual(['sync-claim-false'])
    expect(endless.from).toBe(null)
  })

  test('a peer that leaves is forgotten, the next one is asked', () => {
    const sync = createChainSync()
    sync.step(status('a', 500n), view(1n))
    sync.step(status('b', 400n), view(1n))
    expect(kinds(sync.step({ kind: 'peer-down', peer: 'a' }, view(1n)))).toEqual(['request', 'timer'])
    expect(sync.from).toBe('b')
  })

  test('a range begins after the newest hash that is on the best chain', () => {
    const heightOf = (hash: Uint8Array) =>
      [name(0), name(1), name(2), name(3)].findIndex((h) => h.every((b, i) => b === hash[i]))
    const onChain = (hash: Uint8Array) => (heightOf(hash) < 0 ? null : heightOf(hash))
    expect(rangeFor([name(9), name(2), name(0)], onChain, 1000, 50)).toEqual({ from: 3, to: 52 })
    expect(rangeFor([name(2)], onChain, 1000, 5000)).toEqual({ from: 3, to: 130 })
    expect(rangeFor([name(3)], onChain, 3, 50)).toBe(null)
    expect(rangeFor([name(9)], onChain, 3, 50)).toBe(null)
  })
})
