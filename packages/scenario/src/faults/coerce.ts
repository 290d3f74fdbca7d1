import * as z from 'zod'
import {
  type Behaviour,
  type FarmerBehaviour,
  farmerBehaviours,
  type PlannedNode,
  validatorBehaviours,
} from '../plan.ts'
import { fail, type Path, quote } from '../problem.ts'
import { oneOf } from '../quantity.ts'
import { type Field, resolveNodes, selector } from '../selector.ts'
import { type FaultVerb, faultVerb } from './verb.ts'

const behaviours: readonly Behaviour[] = [...validatorBehaviours, ...farmerBehaviours]
const noun = `one of ${behaviours.join(', ')}, or a list of them`

const behaviour = (): z.ZodType<readonly Behaviour[], Behaviour | Behaviour[]> =>
  z
    .union([oneOf(behaviours), z.array(oneOf(behaviours), { error: noun }).min(1, { error: noun })], {
      error: noun,
    })
    .transform((value) => (typeof value === 'string' ? [value] : value))

const keepsBack: ReadonlySet<Behaviour> = new Set<Behaviour>(['censor-items', 'withhold-checkpoints'])

const isForFarmers = (name: Behaviour): name is FarmerBehaviour =>
  (farmerBehaviours as readonly Behaviour[]).includes(name)

export const coerce: FaultVerb = faultVerb({
  verb: 'coerce',
  summary: 'Nodes misbehave; a behaviour of validators leaves farmers in the target alone, and the reverse',
  fields: { target: selector(), behaviour: behaviour() },
  resolve: ({ target, behaviour: wanted }, field, path) => {
    const farming = new Set(wanted.map(isForFarmers))
    if (farming.size > 1)
      fail(
        'SCENARIO_INVALID',
        field.source,
        [...path, 'behaviour'],
        `${quote(wanted)} mixes what validators and what farmers do; write two faults`,
      )
    if (wanted.includes('orphan-items') && !wanted.some((name) => keepsBack.has(name)))
      fail(
        'SCENARIO_INVALID',
        field.source,
        [...path, 'behaviour'],
        'orphan-items says what to do about blocks with items that are kept back; add censor-items or withhold-checkpoints',
      )
    const role: PlannedNode['role'] = farming.has(true) ? 'farmer' : 'validator'
    const nodes = coerced(field, role, resolveNodes(field, target, [...path, 'target']), [...path, 'target'])
    return [{ verb: 'coerce', target: { kind: 'nodes', nodes }, behaviours: wanted }]
  },
  touches: () => ({ links: [], down: [] }),
  needs: () => ({ properties: [], oneWay: false }),
})

function coerced(field: Field, role: PlannedNode['role'], names: readonly string[], path: Path): string[] {
  const able = field.nodes.filter((node) => node.role === role && names.includes(node.name))
  if (able.length === 0)
    fail('SCENARIO_TARGET', field.source, path, `${names.join(', ')}: no ${role} is among them`)
  return able.map(({ name }) => name)
}
