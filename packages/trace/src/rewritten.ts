import type { RecordOf } from './record.ts'
import { epochOf, type Run, type RunNode } from './run.ts'

/**
 * Nodes with a key of their own that were started during the run and then finalized, at a height at which honest nodes had
 * a final block before that start, another one: somebody showed them another history.
 */
export function rewrittenNodes(run: Run): readonly string[] {
  const readyMs = run.readyMs ?? Number.POSITIVE_INFINITY
  const owned = new Set(
    run.faults.filter(({ verb }) => verb === 'coerce' || verb === 'seize-keys').flatMap(({ nodes }) => nodes),
  )
  const known = firstAtHeight(run)
  const isRewritten = (node: RunNode): boolean =>
    node.lives
      .filter(({ fromMs }) => fromMs > readyMs)
      .some(({ fromMs, records }) =>
        records.some((record) => {
          if (record.kind !== 'finalized') return false
          const before = known.get(`${epochOf(record)}/${record.height}`)
          return before !== undefined && before.monoMs < fromMs && before.hash !== record.hash
        }),
      )
  return run.nodes
    .filter((node) => node.planned.twinOf === null && !owned.has(node.name) && isRewritten(node))
    .map(({ name }) => name)
}

/** What honest nodes finalized first, by epoch and height. */
function firstAtHeight({ firstFinal }: Run): Map<string, RecordOf<'finalized'>> {
  const first = new Map<string, RecordOf<'finalized'>>()
  for (const record of firstFinal.values()) {
    const key = `${epochOf(record)}/${record.height}`
    if (!first.has(key)) first.set(key, record)
  }
  return first
}
