import type { Check } from '@groundwork/scenario'
import type { HybridRun } from '../hybrid-run.ts'
import type { Metrics } from '../metrics.ts'
import type { Recovery } from '../recovery.ts'
import type { Run } from '../run.ts'
import { type Blame, checkAccountability, checkNoFalseBlame } from './accountability.ts'
import { type Conflict, checkAgreement, checkChainLinks } from './agreement.ts'
import type { CheckResult } from './check.ts'
import { expectBroken } from './expect-broken.ts'
import { alwaysHybrid } from './hybrid.ts'
import { checkLiveness, checkNoDoubleSign, checkOneCertificate, checkViewsAdvance } from './invariants.ts'
import { checkMetric, checkRecoveryOfFinality } from './measured.ts'
import { alwaysPhysical, runPhysicalCheck } from './physical.ts'
import {
  checkAfterHeal,
  checkCaughtUp,
  checkFinalityGap,
  checkHalts,
  checkMinHeight,
  checkMixedViews,
  checkRecovery,
} from './timing.ts'

export interface CheckInput {
  readonly run: Run
  /** null for the stake chain alone. */
  readonly hybrid: HybridRun | null
  readonly metrics: Metrics
  readonly conflicts: readonly Conflict[]
  readonly blame: Blame
  readonly recoveries: readonly Recovery[]
}

/** The plan's checks in its order, then those that every run must pass; whatever is meant to break turned round. */
export function runChecks(input: CheckInput): CheckResult[] {
  const broken = input.run.plan.checks.flatMap((check) =>
    check.check === 'expect-broken' ? [check.invariant] : [],
  )
  return expectBroken(allChecks(input), broken)
}

function allChecks(input: CheckInput): CheckResult[] {
  const { run, conflicts, blame, hybrid } = input
  const { checks } = run.plan
  const named = new Set(checks.map(({ check }) => check))
  const forks = checks.some((check) => check.check === 'accountability' && check.expect === 'conflict')
  const stake = run.nodes.length > 0
  const asked = checks.flatMap((check) => runCheck(input, check) ?? [])
  const physical = run.farmers.length > 0 ? alwaysPhysical(run) : []
  if (!stake) return [...asked, ...physical]
  return [
    ...asked,
    ...physical,
    ...(named.has('agreement') || forks ? [] : [checkAgreement(run, conflicts)]),
    ...(named.has('no-false-blame') ? [] : [checkNoFalseBlame(run, blame)]),
    checkOneCertificate(run),
    checkNoDoubleSign(run),
    checkViewsAdvance(run),
    checkChainLinks(run),
    checkLiveness(run),
    ...(hybrid === null ? [] : alwaysHybrid(run, hybrid)),
    ...[hybrid === null ? null : checkRecoveryOfFinality(run, hybrid, input.metrics)].flatMap(
      (one) => one ?? [],
    ),
    ...[checkAfterHeal(run, input.recoveries, hybrid)].flatMap((one) => one ?? []),
  ]
}

function runCheck(
  { run, conflicts, blame, recoveries, metrics }: CheckInput,
  check: Check,
): CheckResult | null {
  switch (check.check) {
    case 'expect-broken':
      return null
    case 'metric':
      return checkMetric(metrics, check)
    case 'agreement':
      return checkAgreement(run, conflicts)
    case 'no-false-blame':
      return checkNoFalseBlame(run, blame)
    case 'accountability':
      return checkAccountability(run, check.expect, conflicts, blame)
    case 'finality-gap':
      return checkFinalityGap(run, check.maxMs, check.nodes)
    case 'recovery':
      return checkRecovery(run, check.withinMs, recoveries)
    case 'halts':
      return checkHalts(run, check.settleMs)
    case 'caught-up':
      return checkCaughtUp(run, check.blocks)
    case 'min-height':
      return checkMinHeight(run, check.height)
    case 'mixed-views':
      return checkMixedViews(run, check.min)
    case 'physical-growth':
    case 'physical-agreement':
    case 'physical-gap':
    case 'physical-halts':
    case 'reorg':
    case 'refused':
    case 'region-share':
    case 'located':
    case 'private-chain':
      return runPhysicalCheck(run, check)
  }
}
