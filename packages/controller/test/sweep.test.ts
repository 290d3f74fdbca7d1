import type { LedgerName } from '@groundwork/scenario'
import type { Metrics, Verdict } from '@groundwork/trace'
import { describe, expect, test } from 'vitest'
import { contrastSentence } from '../src/report/contrast.ts'
import { renderSweep } from '../src/report/sweep-report.ts'
import { type SweepRun, summarizeSweep } from '../src/sweep/summarize.ts'

function run(
  value: number,
  ledger: LedgerName,
  seed: number,
  metrics: Partial<Metrics>,
  verdict: Verdict = 'pass',
  unsafe = false,
): SweepRun {
  const point = { variable: 'coerced stake', value, label: `${100 * value} %` }
  const reasons = verdict === 'pass' ? [] : ['the reason']
  return { point, ledger, seed, verdict, unsafe, reasons, metrics: metrics as Metrics }
}

/** Of ten seeds so many hold. */
const tenth = (held: number, unsafe = false): SweepRun[] =>
  Array.from({ length: 10 }, (_, seed) =>
    run(0.1, 'hybrid', seed, { leakedStake: seed }, seed < held ? 'pass' : 'fail', seed >= held && unsafe),
  )

describe('a sweep', () => {
  const summary = summarizeSweep([
    run(0.1, 'stake', 1, { targetStakeIncludedShare: 1, finalityGapMs: 900 }),
    run(0.1, 'stake', 2, { targetStakeIncludedShare: 0.5, finalityGapMs: 700 }),
    run(0.1, 'hybrid', 1, { forcedInclusionMaxBlocks: 9, forcedInclusionBoundBlocks: 28 }),
    run(0.5, 'stake', 1, { targetStakeIncludedShare: 0, forcedInclusionMaxBlocks: null }),
    run(0.5, 'hybrid', 1, { forcedInclusionMaxBlocks: 25, forcedInclusionBoundBlocks: 28 }),
  ])
  test('has one object a point, with both ledgers in it', () => {
    expect(summary.points).toMatchObject([
      {
        value: 0.1,
        label: '10 %',
        stake: {
          seeds: 2,
          held: 2,
          claim: 'supported',
          metrics: { finalityGapMs: { least: 700, median: 800, most: 900 } },
        },
        hybrid: { seeds: 1 },
      },
      { value: 0.5, stake: { metrics: { targetStakeIncludedShare: { median: 0 } } } },
    ])
    expect(summary.points[1]?.stake?.metrics).not.toHaveProperty('forcedInclusionMaxBlocks')
  })

  test('says the worst of the hybrid in one number', () => {
    expect(summary).toMatchObject({
      verdict: 'pass',
      metrics: { forcedInclusionMaxBlocks: 25, forcedInclusionBoundBlocks: 28 },
    })
  })

  test('has a report with the curves of both ledgers', () => {
    const scenario = { name: 'censorship', description: 'What <happens>.', lesson: 'A lesson.' }
    const page = renderSweep({ scenario, runtime: 'simulated', seed: 1, summary })
    expect(page).not.toMatch(/NaN|undefined|Infinity|\[object/)
    expect(page).toContain('What &lt;happens&gt;.')
    expect(page).toContain('Physical blocks until a forced transaction is executed')
    expect(page).toContain('0.5: 25 (25 to 25)')
    expect(page).toContain('On the stake chain alone')
    expect(page).not.toContain('Stake slashed')
  })
})

test('a figure below zero is drawn below the line of zero, within the frame', () => {
  const summary = summarizeSweep([
    run(0.1, 'hybrid', 1, { attackProfit: -30 }),
    run(0.5, 'hybrid', 1, { attackProfit: 15 }),
  ])
  const scenario = { name: 'borrowed', description: '', lesson: '' }
  const page = renderSweep({ scenario, runtime: 'simulated', seed: 1, summary })
  const [low, high] = [...page.matchAll(/<circle[^>]* cy="([\d.]+)"/g)].map(([, cy]) => Number(cy))
  expect(page).toContain('Coins in reverted blocks less stake slashed')
  expect([low, high].every((cy) => cy !== undefined && cy >= 26 && cy <= 226)).toBe(true)
  expect(low).toBeGreaterThan(high ?? 0)
})

describe('one ledger against the other', () => {
  const sentence = (...runs: readonly SweepRun[]) => contrastSentence(summarizeSweep(runs).points[0]!)
  test('names what every seed of one is beyond every seed of the other', () => {
    const captured = [
      run(0.7, 'stake', 1, {
        finalityGapMs: 900,
        leakedStake: 0,
        slashedStake: 0,
        targetStakeIncludedShare: 1,
      }),
      run(0.7, 'stake', 2, {
        finalityGapMs: 700,
        leakedStake: 0,
        slashedStake: 0,
        targetStakeIncludedShare: 1,
      }),
      run(0.7, 'hybrid', 1, { finalityGapMs: 80_000, leakedStake: 6, targetForcedIncludedShare: 0 }),
      run(0.7, 'hybrid', 2, { finalityGapMs: 60_000, leakedStake: 6, targetForcedIncludedShare: 0.1 }),
    ]
    expect(sentence(...captured)).toBe(
      "70 %: the hybrid came out worse than the stake chain alone in longest time without finality (70.0 s against 800 ms), the target's transactions executed, by the physical chain (5 % against 100 %) and stake leaked (6 against 0).",
    )
    const page = renderSweep({
      scenario: { name: 'capture', description: '', lesson: '' },
      runtime: 'simulated',
      seed: 1,
      summary: summarizeSweep(captured),
    })
    expect(page).toContain('70 %: the hybrid came out worse than the stake chain alone in longest time')
  })

  test('does not count it against a ledger that it slashes the guilty', () => {
    const slashing = [
      run(0.4, 'stake', 1, { slashedStake: 0, leakedStake: 0 }),
      run(0.4, 'hybrid', 1, { slashedStake: 40, leakedStake: 0 }),
    ]
    expect(sentence(...slashing)).toBe(
      '40 %: the hybrid came out like the stake chain alone in what both are measured by.',
    )
  })

  test('takes no side', () => {
    expect(
      sentence(
        run(0.5, 'stake', 1, { finalityGapMs: 800, targetStakeIncludedShare: 0 }),
        run(0.5, 'hybrid', 1, { finalityGapMs: 9000, targetForcedIncludedShare: 1 }),
      ),
    ).toBe(
      "50 %: the hybrid came out worse than the stake chain alone in longest time without finality (9.00 s against 800 ms); better than it in the target's transactions executed, by the physical chain (100 % against 0 %).",
    )
    expect(
      sentence(
        run(0.5, 'stake', 1, { targetStakeIncludedShare: 0 }),
        run(0.5, 'hybrid', 1, { targetForcedIncludedShare: 1 }),
      ),
    ).toMatch(/came out better than the stake chain alone in the target/)
  })

  test('says nothing of figures that overlap, nor where one ledger ran', () => {
    const overlapping = [
      run(0.5, 'stake', 1, { finalityGapMs: 800 }),
      run(0.5, 'stake', 2, { finalityGapMs: 9500 }),
      run(0.5, 'hybrid', 1, { finalityGapMs: 9000 }),
    ]
    expect(sentence(...overlapping)).toBe(
      '50 %: the hybrid came out like the stake chain alone in what both are measured by.',
    )
    expect(sentence(run(0.5, 'hybrid', 1, { leakedStake: 3 }))).toBeNull()
  })
})

describe('the verdict over all points', () => {
  test.each([
    [10, 'supported', 'pass'],
    [9, 'supported', 'pass'],
    [8, 'inconclusive', 'fail'],
    [2, 'inconclusive', 'fail'],
    [1, 'refuted', 'fail'],
  ] as const)('%i of ten seeds: %s', (held, claim, verdict) => {
    const summary = summarizeSweep(tenth(held))
    expect(summary.points[0]?.hybrid).toMatchObject({ held, claim })
    expect(summary.verdict).toBe(verdict)
  })

  test('no other seed makes up for a failed safety check', () => {
    expect(summarizeSweep(tenth(9, true)).verdict).toBe('fail')
  })

  test('nothing that ran is no result', () => {
    expect(summarizeSweep([]).verdict).toBe('invalid')
  })

  test('names the point, the ledger and the seed of every failure', () => {
    expect(summarizeSweep(tenth(8)).reasons).toEqual([
      '10 % on hybrid, seed 8: the reason',
      '10 % on hybrid, seed 9: the reason',
    ])
  })
})
