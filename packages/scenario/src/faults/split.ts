import { assert, type Prng } from '@groundwork/primitives'
import { type FaultAction, type PlannedNode, type PlannedValidator, validatorsOf } from '../plan.ts'
import { draw } from '../stake.ts'
import type { Cut } from './cuts.ts'

/** The classical shapes of a partition, drawn by the seed. */
export const SPLITS = ['halves', 'minority-third', 'bridge', 'ring', 'regions'] as const
export type Split = (typeof SPLITS)[number]

/**
 * halves: two sides of about half the stake each. minority-third: less than a third against the rest. bridge: halves, and
 * one validator that both still reach. ring: each node reaches a majority, no two the same. These are shapes of the
 * validators: farmers keep all links. regions: one side each, farmers too. null if these nodes have no such shape.
 */
export function splitActions(
  split: Split,
  all: readonly PlannedNode[],
  cut: Cut,
  prng: Prng,
): readonly FaultAction[] | null {
  const nodes = validatorsOf(all)
  const weights = new Map(nodes.map((node) => [node.validator, node.weight]))
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  const partition = (...sides: readonly (readonly string[])[]): readonly FaultAction[] | null =>
    sides.length > 1 && sides.every((side) => side.length > 0)
      ? [{ verb: 'partition', groups: sides.map((side) => ({ kind: 'nodes', nodes: side })), cut }]
      : null
  const names = (chosen: (node: PlannedValidator) => boolean): readonly string[] =>
    nodes.filter(chosen).map((node) => node.name)
  if (split === 'regions') {
    const regions = [...new Set(all.map((node) => node.labels.region))]
    const namesIn = (region: string): readonly string[] =>
      all.filter((node) => node.labels.region === region).map((node) => node.name)
    return partition(...regions.map(namesIn))
  }
  if (split === 'ring') return ringActions(prng.shuffle(nodes.map((node) => node.name)), cut)
  if (split === 'minority-third') {
    const side = draw([...weights], total, { compare: '<', numerator: 1n, denominator: 3n }, prng)
    assert(side !== null, 'the empty set is below a third')
    return partition(
      names((node) => side.has(node.validator)),
      names((node) => !side.has(node.validator)),
    )
  }
  const bridge = split === 'bridge' ? prng.pick([...weights.keys()]) : null
  const free = [...weights].filter(([validator]) => validator !== bridge)
  const half = draw(free, total, { compare: '<=', numerator: 1n, denominator: 2n }, prng)
  if (half === null) return null
  return partition(
    names((node) => half.has(node.validator)),
    names((node) => !half.has(node.validator) && node.validator !== bridge),
  )
}

/** In a circle, each node keeps its links to the nearest neighbours on either side that make a majority with it. */
function ringActions(circle: readonly string[], cut: Cut): readonly FaultAction[] | null {
  const count = circle.length
  const reach = Math.ceil(Math.floor(count / 2) / 2)
  if (2 * reach + 1 >= count) return null
  return circle.map((from, i) => {
    const far = circle.filter((_, j) => Math.min((i - j + count) % count, (j - i + count) % count) > reach)
    return {
      verb: 'one-way',
      from: { kind: 'nodes', nodes: [from] },
      to: { kind: 'nodes', nodes: far },
      cut,
    }
  })
}
