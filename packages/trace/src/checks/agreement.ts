import { inOrder } from '../progress.ts'
import type { RecordOf } from '../record.ts'
import { epochOf, type Run, type RunNode } from '../run.ts'
import { type CheckResult, listed, plural, result } from './check.ts'

/** Two honest nodes finalized different blocks at a height, the lowest at which they differ. */
export interface Conflict {
  readonly height: number
  readonly a: RecordOf<'finalized'>
  readonly b: RecordOf<'finalized'>
}

/**
 * All ways in which finalized chains of honest nodes part: chains that are prefixes of each other are equal at every
 * height that both have. One conflict for every pair of blocks that are the first to differ between some two nodes.
 */
export function findConflicts(run: Run): Conflict[] {
  const chains = run.honest.map((node) => byHeight(node))
  const conflicts = new Map<string, Conflict>()
  for (const [i, one] of chains.entries()) {
    for (const chain of [...one.values()]) {
      const [first, ...rest] = chain as [RecordOf<'finalized'>, ...RecordOf<'finalized'>[]]
      for (const other of rest) addConflict(conflicts, first, other)
    }
    for (const two of chains.slice(i + 1)) {
      const conflict = firstDifference(one, two)
      if (conflict !== undefined) addConflict(conflicts, ...conflict)
    }
  }
  return [...conflicts.values()].sort((x, y) => x.height - y.height)
}

/**
 * Every distinct block that a node finalized, by epoch and height: more than one at a height is a fork inside the node.
 * After RECORDED a new epoch takes heights up again that the last one had reached; that is another rule's matter (I7).
 */
function byHeight(node: RunNode): Map<string, RecordOf<'finalized'>[]> {
  const chain = new Map<string, RecordOf<'finalized'>[]>()
  for (const record of node.records.of('finalized')) {
    const key = `${epochOf(record)}/${record.height}`
    const at = chain.get(key) ?? []
    if (!at.some((known) => known.hash === record.hash)) chain.set(key, [...at, record])
  }
  return chain
}

type Chain = ReadonlyMap<string, readonly RecordOf<'finalized'>[]>

function firstDifference(one: Chain, two: Chain): [RecordOf<'finalized'>, RecordOf<'finalized'>] | undefined {
  let lowest: [RecordOf<'finalized'>, RecordOf<'finalized'>] | undefined
  for (const [at, [a]] of one) {
    const b = two.get(at)?.[0]
    if (a === undefined || b === undefined || a.hash === b.hash) continue
    if (lowest === undefined || inOrder(a, lowest[0]) < 0) lowest = [a, b]
  }
  return lowest
}

function addConflict(
  conflicts: Map<string, Conflict>,
  a: RecordOf<'finalized'>,
  b: RecordOf<'finalized'>,
): void {
  const key = [a.hash, b.hash].sort().join()
  if (!conflicts.has(key)) conflicts.set(key, { height: a.height, a, b })
}

export function checkAgreement(run: Run, conflicts: readonly Conflict[]): CheckResult {
  const [first] = conflicts
  if (first === undefined) {
    const blocks = plural(run.firstFinal.size, 'finalized block')
    const nodes = plural(run.honest.length, 'honest node')
    return result('agreement', 'safety', 'pass', `${nodes} agree on ${blocks}; no two chains conflict.`)
  }
  const { height, a, b } = first
  const detail =
    `At height ${height} ${a.node} finalized ${a.hash.slice(0, 12)} and ${b.node} finalized ${b.hash.slice(0, 12)}` +
    `${conflicts.length > 1 ? `; ${plural(conflicts.length, 'fork')} in all` : ''}.`
  return result('agreement', 'safety', 'fail', detail)
}

/** Within one life of a process, and one epoch, each block extends the one before. */
export function checkChainLinks(run: Run): CheckResult {
  const broken: string[] = []
  for (const node of run.honest) {
    for (const life of node.lives) {
      let previous: RecordOf<'finalized'> | undefined
      for (const record of life.records) {
        if (record.kind !== 'finalized') continue
        if (previous !== undefined && epochOf(record) !== epochOf(previous)) previous = undefined
        const links = record.height === (previous?.height ?? record.height - 1) + 1
        if (!links || (previous !== undefined && record.parent !== previous.hash)) {
          broken.push(`${node.name} at height ${record.height}`)
        }
        previous = record
      }
    }
  }
  return broken.length === 0
    ? result('chain-links', 'safety', 'pass', 'Every finalized block extends the one finalized before it.')
    : result(
        'chain-links',
        'safety',
        'fail',
        `A finalized block does not extend the one before it: ${listed(broken)}.`,
      )
}
