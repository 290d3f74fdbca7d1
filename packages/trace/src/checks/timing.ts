import type { Target } from '@groundwork/scenario'
import type { HybridRun } from '../hybrid-run.ts'
import { longestGap, networkProgress, nodeProgress } from '../progress.ts'
import type { Recovery } from '../recovery.ts'
import { aliveAtEnd, type Run, type RunNode } from '../run.ts'
import { type CheckResult, listed, plural, result, seconds } from './check.ts'
import { mixedViews } from './invariants.ts'

type Outcome = Pick<CheckResult, 'verdict' | 'detail'>

export function checkFinalityGap(run: Run, maxMs: number, nodes: Target | null): CheckResult {
  return { check: 'finality-gap', concerns: 'liveness', ...gapOutcome(run, maxMs, nodes) }
}

function gapOutcome(run: Run, maxMs: number, nodes: Target | null): Outcome {
  if (run.readyMs === null) return { verdict: 'invalid', detail: 'The network never became ready.' }
  const bound = `the bound is ${seconds(maxMs)}`
  if (nodes === null) {
    const gap = longestGap(run, networkProgress(run))!
    const detail = `The longest time without a newly finalized block was ${seconds(gap.ms)}; ${bound}.`
    return { verdict: gap.ms <= maxMs ? 'pass' : 'fail', detail }
  }
  if (nodes.kind === 'leader') {
    return { verdict: 'invalid', detail: 'The check names the leader, who changes all the time: name nodes.' }
  }
  const gaps = run.nodes
    .filter((node) => nodes.nodes.includes(node.name))
    .map((node) => ({ name: node.name, ms: longestGap(run, nodeProgress(node))!.ms }))
    .sort((a, b) => b.ms - a.ms)
  const [worst] = gaps
  if (worst === undefined) return { verdict: 'invalid', detail: 'The check names no node of this run.' }
  const detail = `Of ${plural(gaps.length, 'node')}, ${worst.name} went longest without finalizing: ${seconds(worst.ms)}; ${bound}.`
  return { verdict: worst.ms <= maxMs ? 'pass' : 'fail', detail }
}

export function checkRecovery(run: Run, withinMs: number, recoveries: readonly Recovery[]): CheckResult {
  return { check: 'recovery', concerns: 'liveness', ...recoveryOutcome(run, withinMs, recoveries) }
}

/** A heal counts if finality could come back in time: nothing else stopped it, and the run went on long enough. */
function recoveryOutcome(run: Run, withinMs: number, recoveries: readonly Recovery[]): Outcome {
  const bound = `the bound is ${seconds(withinMs)}`
  const judged = recoveries.filter(
    ({ hindered, healedMs, untilMs, phases }) =>
      !hindered && (phases.firstFinalityMs !== null || untilMs - healedMs >= withinMs),
  )
  if (judged.length === 0) {
    const what = run.faults.length === 0 ? 'No fault began' : 'No fault was healed early enough'
    return { verdict: 'invalid', detail: `${what}, so there was no recovery to judge; ${bound}.` }
  }
  const late = judged.filter(({ phases }) => (phases.firstFinalityMs ?? Number.POSITIVE_INFINITY) > withinMs)
  if (late.length > 0) {
    const times = late.map(({ fault, phases }) =>
      phases.firstFinalityMs === null
        ? `never after ${fault}`
        : `${seconds(phases.firstFinalityMs)} after ${fault}`,
    )
    return { verdict: 'fail', detail: `Finality came back too late: ${listed(times)}; ${bound}.` }
  }
  const slowest = Math.max(...judged.map(({ phases }) => phases.firstFinalityMs!))
  const detail = `After ${plural(judged.length, 'heal')} the first new block was final within ${seconds(slowest)}; ${bound}.`
  return { verdict: 'pass', detail }
}

const defaultRecoveryMs = 5000

/**
 * I15: first finality soon after every heal, within the scenario's bound or five seconds. Demanded while fewer than a
 * third are faulty and, of the hybrid, while the physical chain still had FAST and lost no anchor.
 */
export function checkAfterHeal(
  run: Run,
  recoveries: readonly Recovery[],
  hybrid: HybridRun | null,
): CheckResult | null {
  const asked = run.plan.checks.find((check) => check.check === 'recovery')
  const { faulty, overlap } = run.stake
  const judged = recoveries.filter(({ healedMs }) => !isRecordedAt(hybrid, healedMs))
  if (judged.length === 0 || faulty >= overlap || judged.every(({ hindered }) => hindered)) return null
  if (hybrid !== null && hybrid.deepestReorg > hybrid.parameters.kappa) return null
  const outcome = recoveryOutcome(run, asked?.withinMs ?? defaultRecoveryMs, judged)
  // A heal just before the end leaves nothing to judge.
  return outcome.verdict === 'invalid'
    ? null
    : { check: 'liveness-after-heal', concerns: 'liveness', ...outcome }
}

/** Whether RECORDED was on around this moment: then finality comes back as I8 has it. */
function isRecordedAt(hybrid: HybridRun | null, ms: number): boolean {
  if (hybrid === null) return false
  const before = hybrid.main.findLast(({ firstMs }) => firstMs <= ms)
  const after = hybrid.main.find(({ firstMs }) => firstMs > ms)
  return before?.mode === 'RECORDED' || after?.mode === 'RECORDED'
}

/** Judged in each window of a fault that stops finality. What was decided just before it may still arrive in `settleMs`. */
export function checkHalts(run: Run, settleMs: number): CheckResult {
  const windows = run.faults.filter((fault) => fault.stopsFinality && fault.toMs > fault.beganMs + settleMs)
  const check = (verdict: CheckResult['verdict'], detail: string) =>
    result('halts', 'safety', verdict, detail)
  if (windows.length === 0)
    return check('invalid', `No fault that stops finality lasted longer than ${seconds(settleMs)}.`)
  const early = windows.flatMap((window) =>
    [...run.firstFinal.values()]
      .filter(({ monoMs }) => monoMs > window.beganMs + settleMs && monoMs < window.toMs)
      .map((record) => ({ window, record })),
  )
  const [first] = early
  if (first !== undefined) {
    const { window, record } = first
    const when = seconds(record.monoMs - window.beganMs)
    const all = early.length > 1 ? `, and ${plural(early.length - 1, 'more block')}` : ''
    return check('fail', `${record.node} finalized height ${record.height} ${when} into ${window.id}${all}.`)
  }
  return check(
    'pass',
    `Nothing was finalized from ${seconds(settleMs)} into ${listed(windows.map(({ id }) => id))} until the heal.`,
  )
}

export function checkCaughtUp(run: Run, blocks: number): CheckResult {
  const check = (verdict: CheckResult['verdict'], detail: string) =>
    result('caught-up', 'liveness', verdict, detail)
  const alive = run.honest.filter((node) => aliveAtEnd(run, node))
  if (alive.length === 0) return check('invalid', 'No honest node was running at the end.')
  const heights = alive.map((node) => ({ name: node.name, height: finalHeight(node) }))
  const highest = Math.max(...heights.map(({ height }) => height))
  const behind = heights.filter(({ height }) => highest - height > blocks)
  const allowed = `${plural(blocks, 'block')} allowed`
  if (behind.length > 0) {
    const list = listed(behind.map(({ name, height }) => `${name} by ${highest - height}`))
    return check('fail', `At the end these are behind height ${highest}: ${list}; ${allowed}.`)
  }
  const spread = highest - Math.min(...heights.map(({ height }) => height))
  const where =
    spread === 0 ? `at height ${highest}` : `within ${plural(spread, 'block')} of height ${highest}`
  return check('pass', `At the end ${plural(alive.length, 'honest node')} are ${where}; ${allowed}.`)
}

export function finalHeight(node: RunNode): number {
  return nodeProgress(node).at(-1)?.height ?? 0
}

export function checkMinHeight(run: Run, height: number): CheckResult {
  const reached = networkProgress(run).at(-1)?.height ?? 0
  const detail = `The chain reached height ${reached}; at least ${height} is demanded.`
  return result('min-height', 'liveness', reached >= height ? 'pass' : 'fail', detail)
}

export function checkMixedViews(run: Run, min: number): CheckResult {
  const { length } = mixedViews(run)
  const detail = `${plural(length, 'view')} ended by a notarization for some and a skip for others; at least ${min} demanded.`
  return result('mixed-views', 'liveness', length >= min ? 'pass' : 'fail', detail)
}
