import type { FuzzResult, Profile } from './fuzz.ts'

/** What became of many seeds. */
export interface FuzzSummary {
  readonly profile: Profile
  readonly seeds: number
  /** Seeds that failed. */
  readonly failed: readonly number[]
  /** Seeds in which honest nodes finalized different chains, and the pairs of nodes that did. */
  readonly forkedSeeds: number
  readonly conflicts: number
  /** The least weight that the evidence of any conflict named. */
  readonly leastAccused: number | null
  /** Pairs of conflicting chains by the rules that their evidence used. */
  readonly rules: Readonly<Record<string, number>>
  readonly recoveryP50Ms: number | null
  readonly recoveryP99Ms: number | null
  readonly recoveryMaxMs: number | null
  readonly slowestSeed: number | null
  readonly blocks: number
  readonly viewChanges: number
  readonly virtualSeconds: number
  readonly wallSeconds: number
  readonly viewChangesPerSecond: number
}

export interface Tally {
  add(result: FuzzResult): void
  summary(wallMs: number): FuzzSummary
}

export function createTally(profile: Profile): Tally {
  const results: FuzzResult[] = []
  return {
    add: (result) => void results.push(result),
    summary(wallMs) {
      const recoveries = results.filter(({ recoveryMs }) => recoveryMs !== null)
      const sorted = recoveries.map(({ recoveryMs }) => recoveryMs as number).sort((a, b) => a - b)
      const at = (share: number): number | null => rounded(sorted[Math.floor(share * (sorted.length - 1))])
      const forked = results.filter(({ conflicts }) => conflicts > 0)
      const rules: Record<string, number> = {}
      for (const result of forked) {
        for (const [rule, count] of Object.entries(result.rules)) rules[rule] = (rules[rule] ?? 0) + count
      }
      const viewChanges = total(results, ({ viewChanges }) => viewChanges)
      return {
        profile,
        seeds: results.length,
        failed: results
          .filter(({ failures }) => failures.length > 0)
          .map(({ seed }) => seed)
          .sort((a, b) => a - b),
        forkedSeeds: forked.length,
        conflicts: total(forked, ({ conflicts }) => conflicts),
        leastAccused:
          forked.length === 0 ? null : Math.min(...forked.map(({ leastAccused }) => leastAccused as number)),
        rules,
        recoveryP50Ms: at(0.5),
        recoveryP99Ms: at(0.99),
        recoveryMaxMs: at(1),
        slowestSeed: recoveries.find(({ recoveryMs }) => recoveryMs === sorted.at(-1))?.seed ?? null,
        blocks: total(results, ({ height }) => height),
        viewChanges,
        virtualSeconds: Math.round(total(results, ({ virtualMs }) => virtualMs) / 1000),
        wallSeconds: Math.round(wallMs / 100) / 10,
        viewChangesPerSecond: Math.round((1000 * viewChanges) / wallMs),
      }
    },
  }
}

/** For people. */
export function report(summary: FuzzSummary): string {
  const { profile, seeds, failed } = summary
  const lines = [
    `${profile}: ${seeds} seeds, ${failed.length} failed${failed.length > 0 ? ` (${failed.slice(0, 20).join(', ')})` : ''}`,
    `  forks: ${summary.forkedSeeds} seeds, ${summary.conflicts} pairs of nodes`,
  ]
  if (summary.leastAccused !== null) {
    const rules = Object.entries(summary.rules).map(([rule, count]) => `${rule} ${count}`)
    lines.push(
      `  evidence: names at least weight ${summary.leastAccused} for every pair (${rules.join(', ')})`,
    )
  }
  if (summary.recoveryMaxMs !== null) {
    const { recoveryP50Ms, recoveryP99Ms, recoveryMaxMs, slowestSeed } = summary
    lines.push(
      `  recovery after the last heal: p50 ${recoveryP50Ms} ms, p99 ${recoveryP99Ms} ms, longest ${recoveryMaxMs} ms (seed ${slowestSeed})`,
    )
  }
  lines.push(
    `  ${summary.blocks} blocks, ${summary.viewChanges} view changes in ${summary.virtualSeconds} virtual seconds`,
    `  ${summary.wallSeconds} s: ${summary.viewChangesPerSecond} simulated view changes a second`,
  )
  return lines.join('\n')
}

function total(results: readonly FuzzResult[], of: (result: FuzzResult) => number): number {
  return results.reduce((sum, result) => sum + of(result), 0)
}

function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value)
}
