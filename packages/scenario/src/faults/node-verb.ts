import { resolveTarget, selector } from '../selector.ts'
import { type FaultVerb, faultVerb } from './verb.ts'

/** A fault that takes nodes out until it is healed. */
export function nodeVerb(verb: 'kill' | 'stop' | 'pause' | 'wipe', summary: string): FaultVerb {
  return faultVerb({
    verb,
    summary,
    fields: { target: selector() },
    resolve: (args, field, path) => [
      { verb, target: resolveTarget(field, args.target, [...path, 'target']) },
    ],
    touches: (action, nodesOf) => ({ links: [], down: nodesOf(action.target) }),
    needs: () => ({ properties: [], oneWay: false }),
  })
}
