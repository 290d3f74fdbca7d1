import type { Prng } from '@groundwork/primitives'
import * as z from 'zod'
import { cheapestFork, type Weighted } from './coalition.ts'
import { farmersOf, type PlannedNode, type Target, validatorsOf } from './plan.ts'
import { fail, type Path, quote, type Source } from './problem.ts'
import { draw, parseFraction, type StakeBound } from './stake.ts'
import { nearest, valid } from './suggest.ts'

/** A selector as written: one term, or a list whose union is meant. */
export type Selector = readonly string[]

/** What a selector is resolved against. */
export interface Field {
  readonly nodes: readonly PlannedNode[]
  readonly prng: Prng
  readonly source: Source
}

const KEYWORDS = ['one', 'minority', 'third', 'majority', 'cheapest', 'all', 'rest', 'leader'] as const
const LABELS = ['region', 'cloud', 'jurisdiction', 'entity'] as const
const ROLES = ['validator', 'farmer', 'timelord'] as const
const KEYS: readonly string[] = [...LABELS, 'role']

/** Names that no node may have. */
export const RESERVED: readonly string[] = KEYWORDS

/**
 * What each word means, by stake (W is the whole stake). A set is drawn by the seed; a lower bound gives a set from which
 * no member can be left out, an upper bound one to which no validator can be added.
 */
const BOUNDS: Readonly<Record<string, StakeBound>> = {
  minority: { compare: '<', numerator: 1n, denominator: 3n },
  third: { compare: '>=', numerator: 1n, denominator: 3n },
  majority: { compare: '>', numerator: 1n, denominator: 2n },
}

export const SELECTOR_HELP =
  'a selector (node name, one, minority, third, majority, cheapest, all, rest, leader, region=..., cloud=..., jurisdiction=..., entity=..., role=farmer, stake>=0.34, stake=40/100, space>=0.4) or a list of them'

export function selector(): z.ZodType<Selector, string | string[]> {
  const term = z.string({ error: SELECTOR_HELP }).min(1, { error: SELECTOR_HELP })
  return z
    .union([term, z.array(term).min(1, { error: SELECTOR_HELP })], { error: SELECTOR_HELP })
    .meta({ description: SELECTOR_HELP })
    .transform((value) => (typeof value === 'string' ? [value] : value))
}

/** Like `resolveNodes`, but `leader`, alone, stays open until the fault begins. */
export function resolveTarget(field: Field, terms: Selector, path: Path): Target {
  if (terms.length === 1 && terms[0] === 'leader') {
    refuseWithoutValidators(field, 'leader', path)
    return { kind: 'leader' }
  }
  return { kind: 'nodes', nodes: resolveNodes(field, terms, path) }
}

/** The union of the terms, in the order of the nodes; never empty. */
export function resolveNodes(field: Field, terms: Selector, path: Path): readonly string[] {
  const [target] = resolveGroups(field, [{ terms, path }], 'nothing')
  return target as readonly string[]
}

/**
 * Disjoint groups. Names and labels are placed first, then each drawn set (`one`, `minority`, `stake>=...`) among the
 * validators still free, then `rest`: all that are free after that. `leader` has no place here.
 */
export function resolveGroups(
  field: Field,
  groups: readonly { readonly terms: Selector; readonly path: Path }[],
  rest: 'nothing' | 'others',
): readonly (readonly string[])[] {
  const owner = new Map<string, number>()
  const take = (names: readonly string[], group: number): void => {
    for (const name of names) {
      const other = owner.get(name)
      const at = groups[group]
      if (other !== undefined && other !== group && at !== undefined) {
        fail(
          'SCENARIO_TARGET',
          field.source,
          at.path,
          `${name} is in two groups; a node belongs to one group at most`,
        )
      }
      owner.set(name, group)
    }
  }
  const passes = [isFixed, isDrawn, (term: string) => term === 'rest']
  for (const belongs of passes) {
    groups.forEach(({ terms, path }, group) => {
      for (const term of terms) {
        if (!belongs(term)) continue
        if (term === 'rest') {
          if (rest === 'nothing') {
            fail('SCENARIO_TARGET', field.source, path, 'rest has a meaning only beside other groups')
          }
          take(
            field.nodes.map((node) => node.name).filter((name) => !owner.has(name)),
            group,
          )
        } else take(resolveTerm(field, term, path, owner), group)
      }
    })
  }
  return groups.map(({ terms, path }, group) => {
    const names = field.nodes.map((node) => node.name).filter((name) => owner.get(name) === group)
    if (names.length === 0) {
      fail('SCENARIO_TARGET', field.source, path, `${terms.join(' + ')} is empty: no node is left for it`)
    }
    return names
  })
}

function isDrawn(term: string): boolean {
  return (
    term === 'one' ||
    term === 'cheapest' ||
    term in BOUNDS ||
    term.startsWith('stake') ||
    term.startsWith('space')
  )
}

function isFixed(term: string): boolean {
  return term !== 'rest' && !isDrawn(term)
}

function resolveTerm(
  field: Field,
  term: string,
  path: Path,
  owner: ReadonlyMap<string, number>,
): readonly string[] {
  const { nodes, source } = field
  if (term === 'leader') {
    fail(
      'SCENARIO_TARGET',
      source,
      path,
      'leader stands alone, because it is known only when the fault begins; beside it only [rest] is possible',
    )
  }
  if (term === 'all') return nodes.map((node) => node.name)
  if (isDrawn(term)) return drawn(field, term, path, owner)
  const label = /^([a-z]+)=(.*)$/.exec(term)
  if (label !== null) return labelled(field, label[1] as string, label[2] as string, path)
  if (nodes.some((node) => node.name === term)) return [term]
  const names = nodes.map((node) => node.name)
  const near = nearest(term, [...KEYWORDS, ...KEYS.map((name) => `${name}=`), ...names])
  const hint = near === null ? '' : `, did you mean "${near}"`
  return fail(
    'SCENARIO_TARGET',
    source,
    path,
    `${quote(term)} matches no node${hint}; nodes: ${names.join(', ')}; words: ${KEYWORDS.join(', ')}; labels: ${KEYS.join(', ')}; stake: stake>=0.34; space: space>=0.4`,
  )
}

function labelled(field: Field, key: string, value: string, path: Path): readonly string[] {
  if (key === 'role') return ofRole(field, value, path)
  const label = LABELS.find((name) => name === key)
  if (label === undefined) {
    return fail('SCENARIO_TARGET', field.source, path, `${quote(key)} is not a label${valid(key, KEYS)}`)
  }
  const names = field.nodes.filter((node) => node.labels[label] === value).map((node) => node.name)
  if (names.length > 0) return names
  const values = [...new Set(field.nodes.map((node) => node.labels[label]))]
  return fail(
    'SCENARIO_TARGET',
    field.source,
    path,
    `${label}=${value} matches no node${valid(value, values, `each ${label} here`)}`,
  )
}

function ofRole(field: Field, value: string, path: Path): readonly string[] {
  const role = ROLES.find((name) => name === value)
  if (role === undefined) {
    return fail('SCENARIO_TARGET', field.source, path, `${quote(value)} is not a role${valid(value, ROLES)}`)
  }
  const names = field.nodes
    .filter((node) => (role === 'timelord' ? node.role === 'farmer' && node.timelord : node.role === role))
    .map((node) => node.name)
  if (names.length > 0) return names
  return fail('SCENARIO_TARGET', field.source, path, `role=${role} matches no node of this network`)
}

function refuseWithoutValidators({ nodes, source }: Field, term: string, path: Path): void {
  if (validatorsOf(nodes).length > 0) return
  fail('SCENARIO_TARGET', source, path, `${term} is a matter of validators, and this network has none`)
}

/** Who has what: validators their stake, farmers their plots, by index. */
interface Shares {
  readonly of: 'validators' | 'farmers'
  readonly what: 'stake' | 'space'
  readonly holders: readonly { readonly holder: number; readonly share: number; readonly name: string }[]
}

function sharesFor(field: Field, term: string, path: Path): Shares {
  if (!term.startsWith('space')) {
    refuseWithoutValidators(field, term, path)
    const holders = validatorsOf(field.nodes).map(({ validator, weight, name }) => ({
      holder: validator,
      share: weight,
      name,
    }))
    return { of: 'validators', what: 'stake', holders }
  }
  // (2k + 1) 2^(k - 1), the expected size of a plot; under proof of work all weigh the same.
  const sizeOf = (k: number): number => (k === 0 ? 1 : (2 * k + 1) * 2 ** (k - 1))
  const holders = farmersOf(field.nodes)
    .filter(({ plots }) => plots > 0)
    .map(({ farmer, plots, k, name }) => ({ holder: farmer, share: plots * sizeOf(k), name }))
  if (holders.length === 0)
    fail(
      'SCENARIO_TARGET',
      field.source,
      path,
      `${term} is a matter of farmers with plots, and there are none`,
    )
  return { of: 'farmers', what: 'space', holders }
}

/** Validators or farmers drawn by the seed; with a validator come all its processes. */
function drawn(
  field: Field,
  term: string,
  path: Path,
  owner: ReadonlyMap<string, number>,
): readonly string[] {
  const { of, what, holders } = sharesFor(field, term, path)
  const weights = new Map(holders.map(({ holder, share }) => [holder, share]))
  const busy = new Set(holders.filter(({ name }) => owner.has(name)).map(({ holder }) => holder))
  const free = [...weights].filter(([holder]) => !busy.has(holder))
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  const named = (chosen: ReadonlySet<number>): readonly string[] =>
    holders.filter(({ holder }) => chosen.has(holder)).map(({ name }) => name)
  if (term === 'one') {
    if (free.length === 0)
      return fail('SCENARIO_TARGET', field.source, path, 'one: no validator is left to draw')
    return named(new Set([field.prng.pick(free)[0]]))
  }
  if (term === 'cheapest') return named(new Set(cheapest(field, free, total, path)))
  const bound = BOUNDS[term] ?? shareBound(field, term, what, path)
  const chosen = draw(free, total, bound, field.prng)
  if (chosen === null || chosen.size === 0) {
    return fail(
      'SCENARIO_TARGET',
      field.source,
      path,
      `${term}: no set of the ${free.length} free ${of} has ${what} ${bound.compare} ${bound.numerator}/${bound.denominator} of ${total}`,
    )
  }
  return named(chosen)
}

/** The least stake that can finalize two histories, with the others on two sides that do not meet. */
function cheapest(field: Field, free: readonly Weighted[], total: number, path: Path): readonly number[] {
  const weight = free.reduce((sum, [, share]) => sum + share, 0)
  const fork = weight < total ? null : cheapestFork(free, field.prng)
  if (fork !== null) return fork.signsTwice
  const why = weight < total ? 'all validators must be free' : 'no two sides can be made of these weights'
  return fail('SCENARIO_TARGET', field.source, path, `cheapest: ${why}`)
}

function shareBound(field: Field, term: string, what: Shares['what'], path: Path): StakeBound {
  const match = /^(?:stake|space)\s*(>=|<=|>|<|=)\s*(\S+)$/.exec(term)
  const fraction = match === null ? null : parseFraction(match[2] as string)
  if (match === null || fraction === null) {
    return fail(
      'SCENARIO_TARGET',
      field.source,
      path,
      `${quote(term)} is not a bound on the ${what}; valid: ${what}>=0.34, ${what}>1/3, ${what}<30%, ${what}<=0.5, ${what}=34/100`,
    )
  }
  return { compare: match[1] as StakeBound['compare'], ...fraction }
}
