import { fixedNodes } from './finality.ts'
import { type Plan, type PlannedValidator, seizedName, validatorsOf } from './plan.ts'

/** Processes that the plan's faults begin with seized keys, each where its owner stands. */
export function seizedNodes({ nodes, timeline }: Pick<Plan, 'nodes' | 'timeline'>): PlannedValidator[] {
  const names = new Set(
    timeline.flatMap(({ action }) =>
      action.verb === 'seize-keys' && action.use === 'twins' ? fixedNodes(action.target) : [],
    ),
  )
  return validatorsOf(nodes)
    .filter(({ name }) => names.has(name))
    .map((node) => ({ ...node, name: seizedName(node.name), twinOf: node.name }))
}
