import type { FaultAction } from '../plan.ts'
import { coerce } from './coerce.ts'
import { flap } from './flap.ts'
import { kill } from './kill.ts'
import { oneWay } from './one-way.ts'
import { partition } from './partition.ts'
import { pause } from './pause.ts'
import { seizeKeys } from './seize-keys.ts'
import { shape } from './shape.ts'
import { stop } from './stop.ts'
import type { FaultVerb, Needs, NodesOf, Touched } from './verb.ts'
import { wipe } from './wipe.ts'

/** The vocabulary: to add a fault, write its file and name it here. */
export const VERBS: Readonly<Record<FaultAction['verb'], FaultVerb>> = {
  partition,
  'one-way': oneWay,
  shape,
  flap,
  kill,
  stop,
  pause,
  wipe,
  coerce,
  'seize-keys': seizeKeys,
}

/** The links that a fault changes and the nodes that it takes out, once its targets are known. */
export function touchedBy(action: FaultAction, nodesOf: NodesOf): Touched {
  return VERBS[action.verb].touches(action, nodesOf)
}

export function needsOf(action: FaultAction): Needs {
  return VERBS[action.verb].needs(action)
}
