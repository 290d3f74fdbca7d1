import { duration } from '../quantity.ts'
import { cutField, groupsField, linksBetween, resolveSides } from './cuts.ts'
import { type FaultVerb, faultVerb } from './verb.ts'

export const flap: FaultVerb = faultVerb({
  verb: 'flap',
  summary: 'A partition that is cut for the first half of every period and open for the second',
  fields: { groups: groupsField(), period: duration(100), cut: cutField() },
  resolve: (args, field, path) => [
    {
      verb: 'flap',
      groups: resolveSides(field, args.groups, [...path, 'groups']),
      periodMs: args.period,
      cut: args.cut,
    },
  ],
  touches: (action, nodesOf) => ({ links: linksBetween(action.groups.map(nodesOf), action.cut), down: [] }),
  needs: () => ({ properties: ['cut'], oneWay: false }),
})
