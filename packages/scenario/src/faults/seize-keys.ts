import { isValidator } from '../plan.ts'
import { fail } from '../problem.ts'
import { integer, oneOf } from '../quantity.ts'
import { resolveNodes, selector } from '../selector.ts'
import { type FaultVerb, faultVerb } from './verb.ts'

export const seizeKeys: FaultVerb = faultVerb({
  verb: 'seize-keys',
  summary: 'Somebody else gets copies of the keys of validators and signs with them; their owners go on',
  fields: {
    target: selector(),
    use: oneOf(['twins', 'rewrite'])
      .default('twins')
      .meta({ description: 'A second process of each, or another history signed from an earlier epoch on' }),
    epochsBack: integer(0, 1000)
      .default(0)
      .meta({ description: 'With rewrite: so many epochs before the running one' }),
  },
  resolve: ({ target, use, epochsBack }, field, path) => {
    const names = resolveNodes(field, target, [...path, 'target'])
    const nodes = field.nodes.filter((node) => isValidator(node) && names.includes(node.name))
    if (nodes.length === 0)
      fail(
        'SCENARIO_TARGET',
        field.source,
        [...path, 'target'],
        `${names.join(', ')}: no validator is among them`,
      )
    const seized = { kind: 'nodes', nodes: nodes.map(({ name }) => name) } as const
    return [{ verb: 'seize-keys', target: seized, use, epochsBack }]
  },
  touches: () => ({ links: [], down: [] }),
  needs: () => ({ properties: [], oneWay: false }),
})
