import * as z from 'zod'
import { forkBy } from '../coalition.ts'
import { type FaultAction, farmersOf, isValidator, seizedName, type Target, validatorsOf } from '../plan.ts'
import { fail, type Path } from '../problem.ts'
import { integer, oneOf } from '../quantity.ts'
import { type Field, resolveNodes, selector } from '../selector.ts'
import { quorum } from '../stake.ts'
import { type FaultVerb, faultVerb } from './verb.ts'

/** The cut that lets whoever has these keys finalize two histories. */
function twoSides(field: Field, names: readonly string[], path: Path): FaultAction {
  const weights = new Map(validatorsOf(field.nodes).map(({ validator, weight }) => [validator, weight]))
  const seized = new Set(
    validatorsOf(field.nodes).flatMap(({ name, validator }) => (names.includes(name) ? [validator] : [])),
  )
  const [own, others] = [true, false].map((is) => [...weights].filter(([one]) => seized.has(one) === is))
  const fork = forkBy(own ?? [], others ?? [], field.prng)
  if (fork === null) {
    const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
    const text = `${names.join(', ')}: the others cannot be split so that both sides have the quorum of ${quorum(total)} of ${total} with them`
    return fail('SCENARIO_TARGET', field.source, path, text)
  }
  const side = (members: readonly number[], more: readonly string[]): Target => ({
    kind: 'nodes',
    nodes: [
      ...validatorsOf(field.nodes).flatMap(({ name, validator }) =>
        members.includes(validator) ? [name] : [],
      ),
      ...more,
    ],
  })
  const farmers = farmersOf(field.nodes).map(({ name }) => name)
  return {
    verb: 'partition',
    groups: [
      side([...fork.signsTwice, ...fork.sides[0]], farmers),
      side(fork.sides[1], names.map(seizedName)),
    ],
    cut: 'blackhole',
  }
}

export const seizeKeys: FaultVerb = faultVerb({
  verb: 'seize-keys',
  summary: 'Somebody else gets copies of the keys of validators and signs with them; their owners go on',
  fields: {
    target: selector(),
    use: oneOf(['twins', 'rewrite'])
      .default('twins')
      .meta({ description: 'A second process of each, or another history, shown to nodes that synchronise' }),
    depth: integer(1, 1_000_000).optional().meta({
      description:
        'With rewrite: so many of the newest final blocks are replaced; default: all since the genesis',
    }),
    reach: selector()
      .optional()
      .meta({ description: 'Who hears of it, and whom it hears; default: everybody' }),
    apart: z.boolean({ error: 'true or false' }).default(false).meta({
      description:
        'With twins: a cut puts the copies with some validators, and the owners with the others and all farmers, so that both sides have a quorum',
    }),
  },
  resolve: ({ target, use, depth, reach, apart }, field, path) => {
    if (use === 'twins' && depth !== undefined)
      fail('SCENARIO_CONFLICT', field.source, [...path, 'depth'], 'it has a meaning only with use: rewrite')
    const names = resolveNodes(field, target, [...path, 'target'])
    const nodes = field.nodes.filter((node) => isValidator(node) && names.includes(node.name))
    if (nodes.length === 0)
      fail(
        'SCENARIO_TARGET',
        field.source,
        [...path, 'target'],
        `${names.join(', ')}: no validator is among them`,
      )
    const seized = { kind: 'nodes', nodes: nodes.map(({ name }) => name) } as const
    const heard = reach === undefined ? null : resolveNodes(field, reach, [...path, 'reach'])
    const seizure = { verb: 'seize-keys', target: seized, use, depth: depth ?? null, reach: heard } as const
    if (!apart) return [seizure]
    if (use !== 'twins')
      fail('SCENARIO_CONFLICT', field.source, [...path, 'apart'], 'goes with use: twins, which signs twice')
    // Cut off first: a copy that still met its owner would be shown up before it did any harm.
    return [twoSides(field, seized.nodes, [...path, 'target']), seizure]
  },
  touches: () => ({ links: [], down: [] }),
  needs: ({ reach }) => ({ properties: reach === null ? [] : ['cut'], oneWay: false }),
})
