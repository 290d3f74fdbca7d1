import * as z from 'zod'
import { type CheckEntry, type CheckKind, checkKind } from './check-kind.ts'
import { PHYSICAL_CHECKS } from './check-physical.ts'
import type { ScenarioNetwork } from './network.ts'
import { type Check, invariantNames, validatorsOf } from './plan.ts'
import { fail } from './problem.ts'
import { duration, integer, oneOf, text } from './quantity.ts'
import { resolveTarget, selector } from './selector.ts'

const bound = () => z.number({ error: 'a number' }).optional()

export type { CheckEntry, CheckKind } from './check-kind.ts'

export const CHECKS: Readonly<Record<Check['check'], CheckKind>> = {
  'expect-broken': checkKind(
    'expect-broken',
    'This invariant breaks, and no other does',
    { invariant: oneOf(invariantNames) },
    ({ invariant }) => ({ check: 'expect-broken', invariant }),
  ),
  metric: checkKind(
    'metric',
    'A number among the metrics of the run (metrics.json) lies within bounds',
    { name: text('the name of a metric, such as slashedStake', 64), min: bound(), max: bound() },
    ({ name, min, max }, field, path) => {
      if (min === undefined && max === undefined)
        fail('SCENARIO_INVALID', field.source, path, 'needs min, max or both')
      return { check: 'metric', name, min: min ?? null, max: max ?? null }
    },
  ),
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
  ...PHYSICAL_CHECKS,
}

/** What a scenario is held to if it names no checks. */
export function defaultChecks(network: ScenarioNetwork): readonly CheckEntry[] {
  const entry = (check: Check['check']): CheckEntry => ({
    check,
    args: CHECKS[check].schema.parse({}),
    path: ['checks'],
  })
  return [
    ...(validatorsOf(network.nodes).length > 0 ? [entry('agreement'), entry('no-false-blame')] : []),
    ...(network.physical === null ? [] : [entry('physical-agreement')]),
  ]
}
