import { selector } from '../selector.ts'
import { cutField } from './cuts.ts'
import { directedLinks, resolveEnds } from './directed.ts'
import { type FaultVerb, faultVerb } from './verb.ts'

export const oneWay: FaultVerb = faultVerb({
  verb: 'one-way',
  summary: 'Cuts the links in one direction; the other direction stays',
  fields: { from: selector(), to: selector(), cut: cutField() },
  resolve: (args, field, path) => [
    { verb: 'one-way', ...resolveEnds(field, args.from, args.to, path), cut: args.cut },
  ],
  touches: (action, nodesOf) => ({
    links: directedLinks(action.from, action.to, { cut: action.cut }, nodesOf),
    down: [],
  }),
  needs: () => ({ properties: ['cut'], oneWay: true }),
})
