import { assert, type Prng } from '@groundwork/primitives'
import { clash } from './consistency.ts'
import type { Cut } from './faults/cuts.ts'
import { splitActions } from './faults/split.ts'
import { stakeOf, totalStake } from './finality.ts'
import { type FaultAction, type PlannedFault, type PlannedNode, type Target, validatorsOf } from './plan.ts'

export interface FaultSpace {
  /** Farmers among them are left alone. */
  readonly nodes: readonly PlannedNode[]
  /** The first fault begins no earlier. */
  readonly fromMs: number
  /** Every fault is healed by then, and wiped nodes are back. */
  readonly healedByMs: number
  /** How many are tried; those that would contradict an earlier one are dropped. Default 3 to 8. */
  readonly tries?: number
  /** Packet loss and the like, which not every network can do. Default true. */
  readonly loss?: boolean
}

/** Faults that need not be named by hand: halves, ring, bridge, minority, one-way, loss, flaps, crashes, pauses, wipes. */
const KINDS = [
  'halves',
  'bridge',
  'ring',
  'minority-third',
  'one-way',
  'loss',
  'slow',
  'flap',
  'kill',
  'kill',
  'stop',
  'pause',
  'leader',
  'wipe',
] as const
type Kind = (typeof KINDS)[number]

const SHORTEST_MS = 300

/**
 * A random timeline of faults that a correct chain survives: twins and wiped validators together stay below a third of
 * the stake, and everything is healed in time. No two faults contradict each other. The same generator state gives the
 * same timeline.
 */
export function generateFaults(prng: Prng, space: FaultSpace): readonly PlannedFault[] {
  const { fromMs, healedByMs } = space
  const nodes = validatorsOf(space.nodes)
  assert(healedByMs - fromMs > SHORTEST_MS, 'no time for faults')
  const wiped = new Set(nodes.filter((node) => node.twinOf !== null).map((node) => node.validator))
  const drafts: Omit<PlannedFault, 'id'>[] = []
  const tries = space.tries ?? prng.between(3, 8)
  for (let i = 0; i < tries; i++) {
    const atMs = prng.between(fromMs, healedByMs - SHORTEST_MS)
    const forMs = prng.between(SHORTEST_MS, healedByMs - atMs)
    const kind = prng.pick(KINDS)
    const fresh = actionsOf(kind, prng, space, wiped).map((action) => ({ atMs, forMs, action }))
    const named = (draft: Omit<PlannedFault, 'id'>): PlannedFault => ({ id: '', ...draft })
    if (fresh.some((a) => drafts.some((b) => clash(named(a), named(b), nodes) !== null))) continue
    for (const { action } of fresh) {
      if (action.verb !== 'wipe' || action.target.kind !== 'nodes') continue
      for (const node of nodes) if (action.target.nodes.includes(node.name)) wiped.add(node.validator)
    }
    drafts.push(...fresh)
  }
  drafts.sort((a, b) => a.atMs - b.atMs)
  return drafts.map((draft, i) => ({ id: `${i + 1}-${draft.action.verb}`, ...draft }))
}

function actionsOf(
  kind: Kind,
  prng: Prng,
  space: FaultSpace,
  faulty: ReadonlySet<number>,
): readonly FaultAction[] {
  const nodes = validatorsOf(space.nodes)
  const cut: Cut = prng.chance(4, 5) ? 'blackhole' : 'reset'
  const names = nodes.map((node) => node.name)
  const some = (): Target => ({
    kind: 'nodes',
    nodes: prng.shuffle(names).slice(0, prng.between(1, Math.max(1, names.length - 1))),
  })
  switch (kind) {
    case 'halves':
    case 'bridge':
    case 'ring':
    case 'minority-third':
      return splitActions(kind, nodes, cut, prng) ?? []
    case 'one-way': {
      const from = some()
      return [{ verb: 'one-way', from, to: prng.chance(1, 2) ? others(names, from) : some(), cut }]
    }
    case 'loss': {
      if (space.loss === false) return []
      const everybody: Target = { kind: 'nodes', nodes: names }
      const [from, to] = prng.chance(1, 2) ? [everybody, everybody] : [some(), some()]
      const set = {
        lossRatio: prng.between(1, 40) / 100,
        ...(prng.chance(1, 3) ? { duplicateRatio: prng.between(1, 20) / 100 } : {}),
        ...(prng.chance(1, 3) ? { reorderRatio: prng.between(1, 20) / 100 } : {}),
      }
      return [{ verb: 'shape', from, to, set }]
    }
    case 'slow':
      return [
        {
          verb: 'shape',
          from: some(),
          to: some(),
          set: { delayMs: prng.between(50, 1500), jitterMs: prng.between(0, 400) },
        },
      ]
    case 'flap': {
      const [split] = splitActions(prng.pick(['halves', 'bridge', 'minority-third']), nodes, cut, prng) ?? []
      if (split?.verb !== 'partition') return []
      return [{ verb: 'flap', groups: split.groups, periodMs: prng.between(200, 4000), cut }]
    }
    case 'kill':
    case 'stop':
    case 'pause':
      return [{ verb: kind, target: some() }]
    case 'leader':
      return [{ verb: prng.pick(['kill', 'pause']), target: { kind: 'leader' } }]
    case 'wipe': {
      const { validator, name } = prng.pick(nodes)
      const lost = stakeOf(nodes.filter((node) => node.validator === validator || faulty.has(node.validator)))
      const bearable = 3 * lost < totalStake(nodes)
      return bearable ? [{ verb: 'wipe', target: { kind: 'nodes', nodes: [name] } }] : []
    }
  }
}

function others(names: readonly string[], target: Target): Target {
  const chosen = target.kind === 'nodes' ? target.nodes : []
  return { kind: 'nodes', nodes: names.filter((name) => !chosen.includes(name)) }
}
