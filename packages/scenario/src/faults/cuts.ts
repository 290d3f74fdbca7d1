import type { LinkChange } from '@groundwork/wan'
import * as z from 'zod'
import type { PlannedNode, Target } from '../plan.ts'
import { fail, type Path } from '../problem.ts'
import { oneOf } from '../quantity.ts'
import { type Field, resolveGroups, type Selector, selector } from '../selector.ts'

/** What cuts have in common: how traffic dies, who stands on which side. */

export type Cut = 'blackhole' | 'reset'

export function cutField(): z.ZodType<Cut, Cut | undefined> {
  return oneOf(['blackhole', 'reset'])
    .default('blackhole')
    .meta({ description: 'blackhole drops silently; reset refuses and resets connections' })
}

export function groupsField(): z.ZodType<readonly Selector[], (string | string[])[]> {
  return z
    .array(selector(), { error: 'a list of groups, such as [[region=Ireland], [rest]]' })
    .min(2, { error: 'a list of at least two groups, such as [[region=Ireland], [rest]]' })
    .meta({ description: 'Links between different groups are cut; a node in no group keeps all its links' })
}

/** The sides of a partition. `leader` may be the first of two, beside `rest`. */
export function resolveSides(field: Field, groups: readonly Selector[], path: Path): readonly Target[] {
  const [first, second] = groups
  if (first?.length === 1 && first[0] === 'leader') {
    if (groups.length === 2 && second?.length === 1 && second[0] === 'rest') {
      return [{ kind: 'leader' }, everybody(field.nodes)]
    }
    fail('SCENARIO_TARGET', field.source, path, 'leader goes with the rest only: [[leader], [rest]]')
  }
  const placed = groups.map((terms, i) => ({ terms, path: [...path, i] }))
  return resolveGroups(field, placed, 'others').map((nodes) => ({ kind: 'nodes', nodes }))
}

export function everybody(nodes: readonly PlannedNode[]): Target {
  return { kind: 'nodes', nodes: nodes.map((node) => node.name) }
}

/** All directed links between nodes of different groups; a node counts for the first group that has it. */
export function linksBetween(groups: readonly (readonly string[])[], cut: Cut): LinkChange['links'] {
  const group = new Map<string, number>()
  groups.forEach((names, i) => {
    for (const name of names) if (!group.has(name)) group.set(name, i)
  })
  const links: LinkChange['links'][number][] = []
  for (const [from, a] of group) {
    for (const [to, b] of group) if (a !== b) links.push({ from, to, set: { cut } })
  }
  return links
}
