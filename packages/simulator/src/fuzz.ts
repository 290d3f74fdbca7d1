import { combine, type StrategyName, strategies, strategyNames } from '@groundwork/byzantine'
import { type Prng, prng } from '@groundwork/primitives'
import { type Cluster, type ClusterInit, type ClusterNode, cluster, heightOf } from './cluster.ts'
import { nextFault, tellAdversaries } from './fuzz-faults.ts'
import { simulatedAccounts } from './keys.ts'
import { startWorkload } from './workload.ts'

export const profiles = ['mixed', 'twins', 'minority-twins', 'coalition'] as const
/**
 * mixed: everything at once, with fewer than a third Byzantine; twins: 3 or 4 of 7 run twice; minority-twins: 2 of 7 do;
 * coalition: 3 or 4 of 7 are Byzantine. Both last but one and first must never fork; the others must name the guilty.
 */
export type Profile = (typeof profiles)[number]

export interface FuzzResult {
  readonly profile: Profile
  readonly seed: number
  /** What must never happen and did; empty if all is well. */
  readonly failures: readonly string[]
  readonly conflicts: number
  /** The least weight that the evidence of a conflict named; null without one. */
  readonly leastAccused: number | null
  readonly rules: Readonly<Record<string, number>>
  readonly viewChanges: number
  readonly virtualMs: number
  readonly height: number
  /** The longest from a heal until every honest node was level and going on; null where none is demanded. */
  readonly recoveryMs: number | null
  readonly auditHash: string
  /** What was drawn, in a line. */
  readonly shape: string
}

/** From the last heal, every honest node must have finalized new blocks and stand level within this. */
export const livenessBoundMs = 30_000
const newBlocks = 4
const levelWithin = 3

export interface FuzzOptions {
  readonly audited?: boolean
  /** Sees the world when the verdict is known. */
  readonly inspect?: (world: Cluster) => void
  readonly observe?: NonNullable<ClusterInit['observe']>
}

/** Runs one seed of a profile to its verdict. */
export function fuzz(profile: Profile, seed: number, options: FuzzOptions = {}): FuzzResult {
  const random = prng(`${profile}/${seed}`)
  return profile === 'mixed' ? mixed(seed, random, options) : adversarial(profile, seed, random, options)
}

function mixed(seed: number, random: Prng, options: FuzzOptions): FuzzResult {
  const draw = random.split('shape')
  const size = draw.pick([4, 4, 5, 7, 7, 7, 8])
  const weights = Array.from({ length: size }, () => (seed % 4 === 0 ? draw.between(1, 9) : 1))
  const budget = Math.floor((sum(weights) - 1) / 3)
  const order = draw.shuffle(weights.map((_, index) => index))
  const byzantine = new Map<number, readonly StrategyName[]>()
  let spent = 0
  for (const validator of draw.chance(7, 10) ? order : []) {
    const weight = weights[validator] as number
    if (spent + weight > budget) continue
    spent += weight
    byzantine.set(validator, draw.shuffle(strategyNames).slice(0, draw.between(1, 2)))
  }
  const spare = budget - spent
  const wipeable = order.filter(
    (validator) => !byzantine.has(validator) && (weights[validator] as number) <= spare,
  )
  const slowDisk = new Map(
    order.filter(() => draw.chance(1, 4)).map((at) => [`v${at + 1}`, draw.between(2, 40)]),
  )
  const nodes: ClusterNode[] = weights.map((_, validator) => {
    const names = byzantine.get(validator)
    return {
      validator,
      byzantine: names === undefined ? null : combine(names.map((name) => strategies[name])),
    }
  })
  const lossRatio = draw.pick([0, 0, 0, 0.02, 0.1])
  const slow = draw.between(5, 100)
  const world = cluster({
    nodes,
    weights,
    seed: `mixed/${seed}`,
    parameters: { minViewTimeMs: draw.pick([20, 60, 150]) },
    link: () => ({ delayMs: draw.between(2, slow), jitterMs: draw.between(0, 20), lossRatio }),
    ordered: draw.chance(1, 2),
    syncMs: (node, disk) => disk.below((slowDisk.get(node) ?? 0) + 1),
    audited: options.audited ?? false,
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  })
  for (const node of world.nodes) if (draw.chance(1, 4)) node.clockRate = draw.between(80, 125) / 100
  startWorkload(world, {
    accounts: simulatedAccounts(4),
    ratePerSecond: draw.pick([0, 2, 20]),
    untilMs: 60_000,
  })

  const faults = random.split('faults')
  const failures: string[] = []
  let recoveryMs = 0
  for (let phase = faults.between(1, 3); phase > 0 && failures.length === 0; phase--) {
    disturb(world, faults, wipeable)
    world.healAll()
    const tookMs = recover(world)
    if (tookMs === null) failures.push(`liveness: ${describe(world)}`)
    else recoveryMs = Math.max(recoveryMs, tookMs)
  }
  for (const { rule, detail } of world.monitor.finish({ conflictAllowed: false })) {
    failures.push(`${rule}: ${detail}`)
  }
  options.inspect?.(world)
  const names = [...byzantine].map(([at, list]) => `v${at + 1}:${list.join('+')}`).join(' ')
  return result('mixed', seed, world, failures, recoveryMs, `n=${size} loss=${lossRatio} ${names}`)
}

/** One fault after the other, overlapping, for some seconds. */
function disturb(world: Cluster, random: Prng, wipeable: readonly number[]): void {
  const endMs = world.time.now() + random.between(4_000, 10_000)
  /** The longest time between two faults. */
  const calm = random.pick([1_500, 4_000, 8_000])
  while (world.time.now() < endMs) {
    world.run(Math.min(random.between(50, calm), endMs - world.time.now()))
    nextFault(world, random, endMs, wipeable)
  }
}

function adversarial(
  profile: Exclude<Profile, 'mixed'>,
  seed: number,
  random: Prng,
  options: FuzzOptions,
): FuzzResult {
  const draw = random.split('shape')
  const faulty = profile === 'minority-twins' ? 2 : draw.pick([3, 4])
  const chosen = new Set(draw.shuffle([0, 1, 2, 3, 4, 5, 6]).slice(0, faulty))
  const forking: readonly StrategyName[] = ['equivocate', 'vote-everything', 'skip-and-final']
  const names = forking.filter(() => draw.chance(2, 3))
  const strategy = combine((names.length > 0 ? names : forking).map((name) => strategies[name]))
  const nodes: ClusterNode[] = []
  for (let validator = 0; validator < 7; validator++) {
    const name = `v${validator + 1}`
    const bad = chosen.has(validator)
    nodes.push({ name, validator, byzantine: bad && profile === 'coalition' ? strategy : null })
    if (bad && profile !== 'coalition') nodes.push({ name: `${name}-twin`, validator })
  }
  const world = cluster({
    nodes,
    weights: Array.from({ length: 7 }, () => 1),
    seed: `${profile}/${seed}`,
    parameters: { minViewTimeMs: 50 },
    link: () => ({ delayMs: draw.between(5, 60), jitterMs: 5 }),
    timing: { redialMs: 100 },
    audited: options.audited ?? false,
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  })
  const faults = random.split('faults')
  const endMs = 16_000
  let heal = (): void => {}
  while (world.time.now() < endMs) {
    const sides = faults.chance(1, 4) ? 3 : 2
    const groups: string[][] = Array.from({ length: sides }, () => [])
    // A coalition talks to all sides; twins are split like everybody.
    const split = profile === 'coalition' ? world.nodes.filter(world.isHonest) : world.nodes
    for (const node of split) groups[faults.below(sides)]?.push(node.name)
    tellAdversaries(world, groups)
    heal()
    heal = world.links.partition(groups, 'reset')
    world.run(faults.between(400, 1900))
  }
  world.healAll()
  const allowed = profile !== 'minority-twins'
  const recoveryMs = allowed ? null : recover(world)
  if (allowed) world.run(2_000)
  const failures = world.monitor
    .finish({ conflictAllowed: allowed })
    .map(({ rule, detail }) => `${rule}: ${detail}`)
  if (!allowed && recoveryMs === null) failures.push(`liveness: ${describe(world)}`)
  options.inspect?.(world)
  return result(
    profile,
    seed,
    world,
    failures,
    recoveryMs,
    `${faulty} of 7 ${profile === 'coalition' ? names.join('+') : 'run twice'}`,
  )
}

/** Demands that every honest node finalizes new blocks and stands level; how long that took, or null. */
function recover(world: Cluster): number | null {
  const healMs = world.time.now()
  const goal = world.topHeight() + newBlocks
  const held = world.runUntil(
    () => world.finalHeight() >= goal && world.finalHeight() >= world.topHeight() - levelWithin,
    livenessBoundMs,
  )
  return held ? world.time.now() - healMs : null
}

function result(
  profile: Profile,
  seed: number,
  world: Cluster,
  failures: readonly string[],
  recoveryMs: number | null,
  shape: string,
): FuzzResult {
  const conflicts = world.monitor.conflicts()
  const rules: Record<string, number> = {}
  for (const { evidence } of conflicts) {
    for (const rule of new Set(evidence.map((piece) => piece.rule))) rules[rule] = (rules[rule] ?? 0) + 1
  }
  return {
    profile,
    seed,
    failures,
    conflicts: conflicts.length,
    leastAccused:
      conflicts.length === 0 ? null : Math.min(...conflicts.map(({ accusedWeight }) => accusedWeight)),
    rules,
    viewChanges: world.monitor.viewChanges,
    virtualMs: world.time.now(),
    height: world.topHeight(),
    recoveryMs,
    auditHash: world.auditHash(),
    shape,
  }
}

/** Where everybody stands. */
export function describe(world: Cluster): string {
  return world.nodes
    .map((node) => {
      const state = node.core?.state
      const mark = world.isHonest(node) ? '' : '*'
      if (state === undefined) return `${node.name}${mark} down at height ${heightOf(node)}`
      return `${node.name}${mark} view ${state.view} final ${state.final.view} height ${heightOf(node)}`
    })
    .join(', ')
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
