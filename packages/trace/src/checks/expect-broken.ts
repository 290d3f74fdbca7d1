import type { InvariantName } from '@groundwork/scenario'
import { type CheckResult, invariantOf } from './check.ts'

/** Where an invariant is meant to break its check passes if it fails, and fails if it holds; all others stand as they are. */
export function expectBroken(
  results: readonly CheckResult[],
  broken: readonly InvariantName[],
): CheckResult[] {
  const turned = results.map((one): CheckResult => {
    const invariant = invariantOf[one.check]
    if (invariant === undefined || !broken.includes(invariant) || one.verdict === 'invalid') return one
    return one.verdict === 'fail'
      ? { ...one, verdict: 'pass', detail: `As expected ${invariant} broke: ${one.detail}` }
      : {
          ...one,
          verdict: 'fail',
          concerns: 'liveness',
          detail: `${invariant} was expected to break and held: ${one.detail}`,
        }
  })
  const judged = new Set(results.map(({ check }) => invariantOf[check]))
  const unjudged = broken.filter((invariant) => !judged.has(invariant))
  return [
    ...turned,
    ...unjudged.map(
      (invariant): CheckResult => ({
        check: 'expect-broken',
        verdict: 'invalid',
        concerns: 'liveness',
        detail: `${invariant} was expected to break, but nothing in this run judges it.`,
      }),
    ),
  ]
}
