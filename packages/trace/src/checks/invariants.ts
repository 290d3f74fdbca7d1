import type { RecordOf } from '../record.ts'
import { epochOf, type Run, type RunNode } from '../run.ts'
import { type CheckResult, listed, result } from './check.ts'

/**
 * While less than 2q - W of the stake is faulty, two quorums share an honest validator: at most one hash is notarized
 * in a view, none together with another's finalization, and no view is both finalized and skipped.
 */
export function checkOneCertificate(run: Run): CheckResult {
  const check = (verdict: CheckResult['verdict'], detail: string) =>
    result('one-certificate', 'safety', verdict, detail)
  const { faulty, overlap, total } = run.stake
  if (faulty >= overlap) {
    return check('pass', `Not demanded: ${faulty} of ${total} stake is faulty, which can form two quorums.`)
  }
  const views = new Map<string, { hashes: Set<string>; types: Set<string> }>()
  for (const record of run.honest.flatMap((node) => node.records.of('certified'))) {
    const view = viewName(record)
    const known = views.get(view) ?? { hashes: new Set(), types: new Set() }
    views.set(view, known)
    known.types.add(record.type)
    if (record.type !== 'skip') known.hashes.add(record.hash)
  }
  const two = [...views].filter(([, { hashes }]) => hashes.size > 1).map(([view]) => `${view}`)
  if (two.length > 0) return check('fail', `Two blocks have certificates in view ${listed(two)}.`)
  const both = [...views]
    .filter(([, { types }]) => types.has('final') && types.has('skip'))
    .map(([view]) => `${view}`)
  if (both.length > 0) return check('fail', `View ${listed(both)} has both a FINAL and a SKIP certificate.`)
  return check('pass', `No view of ${views.size} has certificates that exclude each other.`)
}

/** Each process keeps its word across restarts: no two votes that evidence could be made of (S1, S2). */
export function checkNoDoubleSign(run: Run): CheckResult {
  const forgetful = new Set(run.faults.filter(({ verb }) => verb === 'wipe').flatMap(({ nodes }) => nodes))
  const coerced = new Set(run.faults.filter(({ verb }) => verb === 'coerce').flatMap(({ nodes }) => nodes))
  const byzantine = (node: RunNode) =>
    coerced.has(node.name) || node.records.of('node-started').some((start) => start.byzantine.length > 0)
  // A twin is a faithful process of its own: only its key is shared.
  const faithful = run.nodes.filter((node) => !forgetful.has(node.name) && !byzantine(node))
  const broken = faithful.flatMap((node) =>
    contradictions(node).map((view) => `${node.name} in view ${view}`),
  )
  return broken.length === 0
    ? result('no-double-sign', 'safety', 'pass', 'No process signed two votes that contradict each other.')
    : result('no-double-sign', 'safety', 'fail', `Contradicting votes were signed: ${listed(broken)}.`)
}

/** Views begin anew in every epoch. */
function viewName(
  record: RecordOf<'view-entered' | 'certified' | 'voted'>,
  view: number = record.view,
): string {
  const epoch = epochOf(record)
  return epoch === '0' ? `${view}` : `${view} of epoch ${epoch}`
}

function contradictions(node: RunNode): string[] {
  const views = new Map<string, { blocks: Set<string>; skip: boolean; final: boolean }>()
  for (const record of node.records.of('voted')) {
    const { type, hash } = record
    const view = viewName(record)
    const signed = views.get(view) ?? { blocks: new Set(), skip: false, final: false }
    views.set(view, signed)
    if (type === 'skip') signed.skip = true
    else signed.blocks.add(hash)
    if (type === 'final') signed.final = true
  }
  return [...views]
    .filter(([, { blocks, skip, final }]) => blocks.size > 1 || (skip && final))
    .map(([view]) => view)
}

/** Within one life of a process its view never moves backwards. */
export function checkViewsAdvance(run: Run): CheckResult {
  const broken: string[] = []
  for (const node of run.honest) {
    for (const life of node.lives) {
      let view = 0
      let epoch = '0'
      for (const record of life.records) {
        if (record.kind !== 'view-entered') continue
        if (epochOf(record) !== epoch) view = 0
        epoch = epochOf(record)
        if (record.view < view) broken.push(`${node.name} from ${view} to ${record.view}`)
        view = record.view
      }
    }
  }
  return broken.length === 0
    ? result('views-advance', 'safety', 'pass', 'No node moved back to an earlier view.')
    : result('views-advance', 'safety', 'fail', `A node moved back to an earlier view: ${listed(broken)}.`)
}

/** Without this a network that does nothing would pass every other check. */
export function checkLiveness(run: Run): CheckResult {
  const blocks = run.firstFinal.size
  if (run.honest.length === 0)
    return result('liveness', 'liveness', 'pass', 'Not demanded: no validator is honest.')
  return blocks > 0
    ? result(
        'liveness',
        'liveness',
        'pass',
        `Honest nodes finalized ${blocks} block${blocks === 1 ? '' : 's'}.`,
      )
    : result('liveness', 'liveness', 'fail', 'Nothing was finalized.')
}

/** Views that some honest node left by a notarization and another by a skip certificate (pitfall P1). */
export function mixedViews(run: Run): string[] {
  const causes = new Map<string, Set<string>>()
  for (const record of run.honest.flatMap((node) => node.records.of('view-entered'))) {
    const left = viewName(record, record.view - 1)
    causes.set(left, (causes.get(left) ?? new Set()).add(record.cause))
  }
  return [...causes].filter(([, left]) => left.has('notar') && left.has('skip')).map(([view]) => view)
}

/** Views that a SKIP certificate ended for some honest node. */
export function skippedViews(run: Run): string[] {
  const skipped = new Set<string>()
  for (const node of run.honest) {
    for (const record of node.records.of('certified'))
      if (record.type === 'skip') skipped.add(viewName(record))
    for (const record of node.records.of('view-entered'))
      if (record.cause === 'skip') skipped.add(viewName(record, record.view - 1))
  }
  return [...skipped]
}
