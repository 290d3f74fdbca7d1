import type { Link, LinkProperty } from '@groundwork/wan'
import { fail } from '../problem.ts'
import { bandwidth, duration, ratio } from '../quantity.ts'
import { selector } from '../selector.ts'
import { directedLinks, resolveEnds } from './directed.ts'
import { type FaultVerb, faultVerb } from './verb.ts'

/** How the file says each property of a link. */
export const SHAPE_KEYS: Readonly<Record<string, Exclude<LinkProperty, 'cut'>>> = {
  delay: 'delayMs',
  jitter: 'jitterMs',
  loss: 'lossRatio',
  rate: 'rateMbit',
  duplicate: 'duplicateRatio',
  corrupt: 'corruptRatio',
  reorder: 'reorderRatio',
}

export const shape: FaultVerb = faultVerb({
  verb: 'shape',
  summary: 'Gives directed links other properties; what is not named stays as it is',
  fields: {
    from: selector(),
    to: selector(),
    delay: duration().optional().meta({ description: 'One way, instead of the delay between the regions' }),
    jitter: duration().optional().meta({ description: 'Half-width of a uniform variation around the delay' }),
    loss: ratio().optional(),
    rate: bandwidth().optional(),
    duplicate: ratio().optional(),
    corrupt: ratio().optional(),
    reorder: ratio().optional(),
  },
  resolve: (args, field, path) => {
    const set: Partial<Record<Exclude<LinkProperty, 'cut'>, number>> = {}
    for (const [key, property] of Object.entries(SHAPE_KEYS)) {
      const value = args[key as keyof typeof args]
      if (typeof value === 'number') set[property] = value
    }
    if (Object.keys(set).length === 0) {
      fail(
        'SCENARIO_INVALID',
        field.source,
        path,
        `shape sets nothing; give one of ${Object.keys(SHAPE_KEYS).join(', ')}`,
      )
    }
    return [
      {
        verb: 'shape',
        ...resolveEnds(field, args.from, args.to, path),
        set: set as Partial<Omit<Link, 'cut'>>,
      },
    ]
  },
  touches: (action, nodesOf) => ({
    links: directedLinks(action.from, action.to, action.set, nodesOf),
    down: [],
  }),
  needs: (action) => ({ properties: Object.keys(action.set) as LinkProperty[], oneWay: false }),
})
