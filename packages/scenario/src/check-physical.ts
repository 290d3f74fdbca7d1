import * as z from 'zod'
import { type CheckKind, checkKind } from './check-kind.ts'
import type { Check, Target } from './plan.ts'
import { fail, type Path } from './problem.ts'
import { duration, integer, mapping, oneOf, ratio, text } from './quantity.ts'
import { type Field, resolveTarget, type Selector, selector } from './selector.ts'

type PhysicalCheck =
  | 'physical-growth'
  | 'physical-agreement'
  | 'physical-gap'
  | 'physical-halts'
  | 'reorg'
  | 'refused'
  | 'region-share'
  | 'located'
  | 'private-chain'

const optionalTarget = (field: Field, nodes: Selector | undefined, path: Path): Target | null =>
  nodes === undefined ? null : resolveTarget(field, nodes, [...path, 'nodes'])

const milli = (share: number): number => Math.round(share * 1000)

/** Blocks per slot may exceed one only on paper: at most one block of a chain has a slot. */
const growth = (): z.ZodType<number, string | number> => ratio()

export const PHYSICAL_CHECKS: Readonly<Record<PhysicalCheck, CheckKind>> = {
  'physical-growth': checkKind(
    'physical-growth',
    'Physical: blocks of the best chain per slot, from readiness to the end',
    { min: growth(), max: growth().optional(), nodes: selector().optional() },
    ({ min, max, nodes }, field, path) => ({
      check: 'physical-growth',
      minMilli: milli(min),
      maxMilli: max === undefined ? null : milli(max),
      nodes: optionalTarget(field, nodes, path),
    }),
  ),
  'physical-agreement': checkKind(
    'physical-agreement',
    'Physical: at the end the farmers agree on everything but the newest blocks',
    { kappa: integer(0, 4096).optional().meta({ description: 'Default: kappa of the chain' }) },
    ({ kappa }) => ({ check: 'physical-agreement', kappa: kappa ?? null }),
  ),
  'physical-gap': checkKind(
    'physical-gap',
    'Physical: the longest time in which no best chain grew',
    { max: duration(1), nodes: selector().optional() },
    ({ max, nodes }, field, path) => ({
      check: 'physical-gap',
      maxMs: max,
      nodes: optionalTarget(field, nodes, path),
    }),
  ),
  'physical-halts': checkKind(
    'physical-halts',
    'Physical: while a fault lasts no best chain grows, from a short time after it begins',
    {
      fault: text('a fault of the plan, such as 2-kill', 64)
        .optional()
        .meta({ description: 'Its place in the timeline and its verb; default: every fault' }),
      nodes: selector().optional(),
      settle: duration().default(2000),
    },
    ({ fault, nodes, settle }, field, path) => ({
      check: 'physical-halts',
      fault: fault ?? null,
      nodes: optionalTarget(field, nodes, path),
      settleMs: settle,
    }),
  ),
  reorg: checkKind(
    'reorg',
    'Physical: how deep the deepest reorg of any farmer is',
    { minDepth: integer(1, 100_000).optional(), maxDepth: integer(0, 100_000).optional() },
    ({ minDepth, maxDepth }, field, path) => {
      if (minDepth === undefined && maxDepth === undefined)
        fail('SCENARIO_INVALID', field.source, path, 'needs minDepth, maxDepth or both')
      return { check: 'reorg', minDepth: minDepth ?? null, maxDepth: maxDepth ?? null }
    },
  ),
  refused: checkKind(
    'refused',
    'Physical: some farmer dropped input for this reason',
    { reason: text('a reason, such as location-far', 64), min: integer(1, 1_000_000).default(1) },
    ({ reason, min }) => ({ check: 'refused', reason, min }),
  ),
  'region-share': checkKind(
    'region-share',
    'Physical: the largest share of the effective space that a region has at the end',
    {
      max: ratio(),
      region: text('a region', 64).optional().meta({ description: 'Default: every region' }),
    },
    ({ max, region }) => ({ check: 'region-share', maxMilli: milli(max), region: region ?? null }),
  ),
  located: checkKind(
    'located',
    'Physical: whether the places that these farmers claim count as proven at the end',
    { nodes: selector(), expect: oneOf(['proven', 'unproven']).default('proven') },
    ({ nodes, expect }, field, path): Check & { readonly check: 'located' } => ({
      check: 'located',
      nodes: resolveTarget(field, nodes, [...path, 'nodes']),
      expect,
    }),
  ),
  'private-chain': checkKind(
    'private-chain',
    'Physical: how often a private chain with a share of the space outgrows kappa confirmations, in drawn races',
    {
      kappa: integer(1, 4096),
      races: integer(100, 1_000_000).default(1000),
      bounds: z
        .array(
          mapping('a mapping with share, min, max', {
            share: ratio(),
            min: ratio().default(0),
            max: ratio().default(1),
          }),
          { error: 'a list such as [{ share: 0.3, max: 10% }]' },
        )
        .min(1, { error: 'a list such as [{ share: 0.3, max: 10% }]' }),
    },
    ({ kappa, races, bounds }) => ({
      check: 'private-chain',
      kappa,
      races,
      bounds: bounds.map(({ share, min, max }) => ({ shareMilli: milli(share), min, max })),
    }),
  ),
}
