import type { LinkChange } from '@groundwork/wan'
import type { Target } from '../plan.ts'
import { fail, type Path } from '../problem.ts'
import { type Field, resolveGroups, resolveTarget, type Selector } from '../selector.ts'
import { everybody } from './cuts.ts'
import type { NodesOf } from './verb.ts'

/**
 * The ends of directed links. `rest` on one side is all nodes that are not on the other; the ends may share nodes
 * otherwise, a node has no link to itself. With `leader` on one side, `rest` is everybody: the leader is left out then.
 */
export function resolveEnds(
  field: Field,
  from: Selector,
  to: Selector,
  path: Path,
): { readonly from: Target; readonly to: Target } {
  const ends = [
    { terms: from, path: [...path, 'from'] },
    { terms: to, path: [...path, 'to'] },
  ] as const
  const restAt = ends.findIndex(({ terms }) => terms.includes('rest'))
  if (restAt < 0) {
    return { from: resolveTarget(field, from, ends[0].path), to: resolveTarget(field, to, ends[1].path) }
  }
  const rest = ends[restAt] as (typeof ends)[number]
  const other = ends[1 - restAt] as (typeof ends)[number]
  if (rest.terms.length > 1) {
    fail('SCENARIO_TARGET', field.source, rest.path, 'rest stands alone: it is all that the other end is not')
  }
  let targets: readonly [Target, Target]
  if (other.terms.length === 1 && other.terms[0] === 'leader') {
    targets = [{ kind: 'leader' }, everybody(field.nodes)]
  } else {
    const [named = [], others = []] = resolveGroups(field, [other, rest], 'others')
    targets = [
      { kind: 'nodes', nodes: named },
      { kind: 'nodes', nodes: others },
    ]
  }
  return restAt === 1 ? { from: targets[0], to: targets[1] } : { from: targets[1], to: targets[0] }
}

export function directedLinks(
  from: Target,
  to: Target,
  set: LinkChange['links'][number]['set'],
  nodesOf: NodesOf,
): LinkChange['links'] {
  const ends = nodesOf(to)
  return nodesOf(from).flatMap((a) => ends.filter((b) => b !== a).map((b) => ({ from: a, to: b, set })))
}
