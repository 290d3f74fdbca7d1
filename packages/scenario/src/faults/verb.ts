import type { LinkChange, LinkProperty } from '@groundwork/wan'
import * as z from 'zod'
import type { FaultAction, Target } from '../plan.ts'
import type { Path } from '../problem.ts'
import { duration, integer, mapping } from '../quantity.ts'
import type { Field } from '../selector.ts'

/** One entry of a timeline: when, and the arguments of its verb. Times in milliseconds. */
export interface FaultEntry {
  readonly at: number
  readonly fault: FaultAction['verb']
  readonly for?: number | undefined
  readonly every?: number | undefined
  readonly times?: number | undefined
  readonly [argument: string]: unknown
}

/** Looks up which nodes a target means at this moment. */
export type NodesOf = (target: Target) => readonly string[]

/** What a fault does while it is active. */
export interface Touched {
  readonly links: LinkChange['links']
  /** Nodes that do not take part. */
  readonly down: readonly string[]
}

export interface Needs {
  readonly properties: readonly LinkProperty[]
  readonly oneWay: boolean
}

/** A fault: what may be written about it, what it then does, and what a network must be able to do for it. */
export interface FaultVerb {
  readonly verb: FaultAction['verb']
  readonly summary: string
  readonly schema: z.ZodType<FaultEntry>
  /** The keys of an entry. */
  readonly keys: readonly string[]
  /** Most entries give one action. `path` is the entry's. */
  resolve(entry: FaultEntry, field: Field, path: Path): readonly FaultAction[]
  touches(action: FaultAction, nodesOf: NodesOf): Touched
  needs(action: FaultAction): Needs
}

interface VerbInit<V extends FaultAction['verb'], S extends z.core.$ZodLooseShape> {
  readonly verb: V
  readonly summary: string
  readonly fields: S
  readonly resolve: (args: z.output<z.ZodObject<S>>, field: Field, path: Path) => readonly FaultAction[]
  readonly touches: (action: ActionOf<V>, nodesOf: NodesOf) => Touched
  readonly needs: (action: ActionOf<V>) => Needs
}

export type ActionOf<V extends FaultAction['verb']> = FaultAction & { readonly verb: V }

/** Ties the types of one verb's parts together; outside, every verb looks alike. */
export function faultVerb<V extends FaultAction['verb'], S extends z.core.$ZodLooseShape>(
  init: VerbInit<V, S>,
): FaultVerb {
  const schema = mapping('a fault: a mapping with the keys at and fault', {
    at: duration().meta({ description: 'When it begins, after the network is ready' }),
    fault: z.literal(init.verb).meta({ description: init.summary }),
    for: duration(1).optional().meta({ description: 'How long; left out: until the run ends' }),
    every: duration(1).optional().meta({ description: 'Begins again at this interval' }),
    times: integer(1, 1000).optional().meta({ description: 'How often in all, with `every`' }),
    ...init.fields,
  })
  return {
    verb: init.verb,
    summary: init.summary,
    schema: schema as never,
    keys: Object.keys(schema.shape),
    resolve: (entry, field, path) => init.resolve(entry as never, field, path),
    touches: (action, nodesOf) => init.touches(action as never, nodesOf),
    needs: (action) => init.needs(action as never),
  }
}
