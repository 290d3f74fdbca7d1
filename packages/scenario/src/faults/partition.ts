import { fail } from '../problem.ts'
import { oneOf } from '../quantity.ts'
import { cutField, groupsField, linksBetween, resolveSides } from './cuts.ts'
import { SPLITS, splitActions } from './split.ts'
import { type FaultVerb, faultVerb } from './verb.ts'

export const partition: FaultVerb = faultVerb({
  verb: 'partition',
  summary: 'Cuts all links between different groups of nodes, both ways',
  fields: {
    groups: groupsField().optional(),
    split: oneOf(SPLITS).optional().meta({ description: 'A classical shape instead of groups' }),
    cut: cutField(),
  },
  resolve: (args, field, path) => {
    if ((args.groups === undefined) === (args.split === undefined)) {
      return fail(
        'SCENARIO_INVALID',
        field.source,
        path,
        `a partition has either groups, such as [[region=Ireland], [rest]], or split, one of ${SPLITS.join(', ')}`,
      )
    }
    if (args.split === undefined) {
      const groups = resolveSides(field, args.groups ?? [], [...path, 'groups'])
      return [{ verb: 'partition', groups, cut: args.cut }]
    }
    return (
      splitActions(args.split, field.nodes, args.cut, field.prng) ??
      fail(
        'SCENARIO_TARGET',
        field.source,
        [...path, 'split'],
        `these ${field.nodes.length} nodes cannot be split as ${args.split}`,
      )
    )
  },
  touches: (action, nodesOf) => ({ links: linksBetween(action.groups.map(nodesOf), action.cut), down: [] }),
  needs: () => ({ properties: ['cut'], oneWay: false }),
})
