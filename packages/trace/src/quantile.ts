import { assert } from '@groundwork/primitives'

/** The smallest value that at least the share `p` of all values does not exceed (nearest rank); null of nothing. */
export function quantile(values: readonly number[], p: number): number | null {
  assert(p > 0 && p <= 1, `bad quantile: ${p}`)
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(p * sorted.length - 1e-9) - 1)] as number
}

export const median = (values: readonly number[]): number | null => quantile(values, 0.5)

/** The largest, or null of nothing. */
export function largest(values: Iterable<number>): number | null {
  let max: number | null = null
  for (const value of values) if (max === null || value > max) max = value
  return max
}

export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** A duration that ended, or that had lasted so long when observation ended. */
export interface Duration {
  readonly ms: number
  readonly censored: boolean
}

/** A step of a distribution function: the share `share` of all durations is at most `ms`. */
export interface DistributionStep {
  readonly ms: number
  readonly share: number
}

/**
 * The product-limit estimate (Kaplan & Meier 1958) of the distribution of durations, of which some are right-censored:
 * one step for every distinct end. Without censoring it is the empirical distribution.
 */
export function distribution(durations: readonly Duration[]): DistributionStep[] {
  const ends = new Map<number, { ended: number; censored: number }>()
  for (const { ms, censored } of durations) {
    const at = ends.get(ms) ?? { ended: 0, censored: 0 }
    if (censored) at.censored++
    else at.ended++
    ends.set(ms, at)
  }
  const steps: DistributionStep[] = []
  let atRisk = durations.length
  let lasting = 1
  for (const [ms, { ended, censored }] of [...ends].sort(([a], [b]) => a - b)) {
    if (ended > 0) {
      lasting *= 1 - ended / atRisk
      steps.push({ ms, share: 1 - lasting })
    }
    atRisk -= ended + censored
  }
  return steps
}

/** The smallest duration that at least the share `p` does not exceed; null if too many were still lasting. */
export function censoredQuantile(steps: readonly DistributionStep[], p: number): number | null {
  return steps.find((step) => step.share >= p - 1e-9)?.ms ?? null
}
