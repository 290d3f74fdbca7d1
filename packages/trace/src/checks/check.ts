import type { Check, InvariantName } from '@groundwork/scenario'

export type Verdict = 'pass' | 'fail' | 'invalid'

/** The checks of a plan, and those that every run must pass. */
export type CheckName =
  | Check['check']
  | 'one-certificate'
  | 'no-double-sign'
  | 'views-advance'
  | 'chain-links'
  | 'liveness'
  | 'physical-liveness'
  | 'physical-weight'
  | 'no-double-farm'
  | 'anchored-consistency'
  | 'forced-inclusion'
  | 'no-fast-reversal'
  | 'recovery-of-finality'
  | 'unique-reconfiguration'
  | 'determinism'
  | 'unbonding'
  | 'conservation'
  | 'bounded-rollback'
  | 'physical-obliviousness'
  | 'liveness-after-heal'

/** Which check judges which invariant (docs/hybrid.md). I14 is not among them: it takes two runs (`checkOblivious`). */
export const invariantOf: Readonly<Partial<Record<CheckName, InvariantName>>> = {
  agreement: 'I1',
  accountability: 'I2',
  'no-false-blame': 'I3',
  'one-certificate': 'I4',
  'anchored-consistency': 'I5',
  'forced-inclusion': 'I6',
  'no-fast-reversal': 'I7',
  'recovery-of-finality': 'I8',
  'unique-reconfiguration': 'I9',
  determinism: 'I10',
  unbonding: 'I11',
  conservation: 'I12',
  'bounded-rollback': 'I13',
  'liveness-after-heal': 'I15',
}

export interface CheckResult {
  readonly check: CheckName
  readonly verdict: Verdict
  /** A plain sentence. */
  readonly detail: string
  /**
   * Safety: a slow or broken machine cannot cause a failure, so it stands whatever the machine did. Liveness: a bound in
   * time or progress, which says nothing about the protocol if the machine was the bottleneck.
   */
  readonly concerns: 'safety' | 'liveness'
}

export function result(
  check: CheckName,
  concerns: CheckResult['concerns'],
  verdict: Verdict,
  detail: string,
): CheckResult {
  return { check, verdict, detail, concerns }
}

/** `7 blocks`, `1 block`. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** `v1, v2 and v3`. */
export function listed(names: readonly string[], max = 7): string {
  if (names.length <= 1) return names.join('')
  if (names.length > max) return `${names.slice(0, max).join(', ')} and ${names.length - max} more`
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
