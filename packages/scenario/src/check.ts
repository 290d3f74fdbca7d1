import type * as z from 'zod'
import type { Check } from './plan.ts'
import type { Path } from './problem.ts'
import { duration, integer, mapping, oneOf } from './quantity.ts'
import { type Field, resolveTarget, selector } from './selector.ts'

/** A check as written, its arguments read. */
export interface CheckEntry {
  readonly check: Check['check']
  readonly args: unknown
}

/** One question that the verdict answers: what may be written about it and what it becomes in the plan. */
export interface CheckKind {
  readonly check: Check['check']
  readonly schema: z.ZodType
  /** It can be written as its bare name. */
  readonly bare: boolean
  resolve(args: unknown, field: Field, path: Path): Check
}

function checkKind<C extends Check['check'], S extends z.core.$ZodLooseShape>(
  check: C,
  description: string,
  fields: S,
  resolve: (args: z.output<z.ZodObject<S>>, field: Field, path: Path) => Check & { readonly check: C },
): CheckKind {
  const schema = mapping(`a mapping with the arguments of ${check}`, fields).meta({ description })
  return {
    check,
    schema,
    bare: schema.safeParse({}).success,
    resolve: (args, field, path) => resolve(args as never, field, path),
  }
}

export const CHECKS: Readonly<Record<Check['check'], CheckKind>> = {
  agreement: checkKind('agreement', 'No two honest nodes finalize conflicting blocks', {}, () => ({
    check: 'agreement',
  })),
  'no-false-blame': checkKind('no-false-blame', 'No evidence names an honest validator', {}, () => ({
    check: 'no-false-blame',
  })),
  accountability: checkKind(
    'accountability',
    'Conflicting finality happens or not, and if so the evidence names at least 2q - W and nobody honest',
    { expect: oneOf(['no-conflict', 'conflict']).default('no-conflict') },
    ({ expect }) => ({ check: 'accountability', expect }),
  ),
  'finality-gap': checkKind(
    'finality-gap',
    'The longest time without a newly finalized block',
    { max: duration(1), nodes: selector().optional() },
    ({ max, nodes }, field, path) => ({
      check: 'finality-gap',
      maxMs: max,
      nodes: nodes === undefined ? null : resolveTarget(field, nodes, [...path, 'nodes']),
    }),
  ),
  recovery: checkKind(
    'recovery',
    'The first finality after every heal comes within this time',
    { within: duration(1), after: oneOf(['heal']).default('heal') },
    ({ within }) => ({ check: 'recovery', withinMs: within }),
  ),
  halts: checkKind(
    'halts',
    'Nothing is finalized while a fault leaves no quorum, from a short time after it begins',
    { settle: duration().default(2000) },
    ({ settle }) => ({ check: 'halts', during: 'fault', settleMs: settle }),
  ),
  'caught-up': checkKind(
    'caught-up',
    'At the end all honest live nodes have the same final height, give or take some blocks',
    { blocks: integer(0, 10_000).default(5) },
    ({ blocks }) => ({ check: 'caught-up', blocks }),
  ),
  'min-height': checkKind(
    'min-height',
    'At the end every honest live node has finalized at least this height',
    { height: integer(1, 1_000_000_000) },
    ({ height }) => ({ check: 'min-height', height }),
  ),
  'mixed-views': checkKind(
    'mixed-views',
    'At least so many views which some nodes left by a notarization and others by a skip certificate',
    { min: integer(1, 1_000_000) },
    ({ min }) => ({ check: 'mixed-views', min }),
  ),
}

/** What a scenario is held to if it names no checks. */
export const DEFAULT_CHECKS: readonly CheckEntry[] = [
  { check: 'agreement', args: {} },
  { check: 'no-false-blame', args: {} },
]
