import { privateForkSuccess } from '@groundwork/physical-core'
import {
  bestChain,
  deepestReorg,
  heaviestChain,
  lastEpoch,
  longestPhysicalGapMs,
  physicalHeightAt,
  type RegionShare,
  refusals,
  regionShares,
  reorgsOf,
} from './physical-chain.ts'
import { largest, mean, quantile } from './quantile.ts'
import type { Run, RunFarmer, RunProcess } from './run.ts'

type Value = number | null

/** The physical chain in a run. Space is modelled: a plot of k = 16 is recomputed in less than a slot. null: not measured. */
export interface PhysicalMetrics {
  /** What was stood in for: empty where plots, delay proofs and signatures are real. */
  readonly simulated: readonly string[]
  /** Blocks of the heaviest chain, and valid blocks beside it. */
  readonly height: number
  readonly blocks: number
  readonly orphans: number
  readonly orphanRate: Value
  /** Blocks per slot from readiness to the end. */
  readonly growth: Value
  readonly gapMs: Value
  readonly reorgs: number
  readonly reorgDepthMax: number
  readonly slotProofP50Ms: Value
  readonly slotProofP99Ms: Value
  /** Known later than one slot after they began. */
  readonly slotsLateShare: Value
  readonly vdfEvaluateP50Ms: Value
  readonly vdfLagSlotsMax: Value
  readonly refused: Readonly<Record<string, number>>
  readonly regions: readonly RegionShare[]
  readonly roles: readonly RoleCost[]
  /** Drawn races of the `private-chain` checks. */
  readonly privateChains: readonly PrivateChain[]
  readonly farmers: readonly FarmerMetrics[]
}

export interface RoleCost {
  readonly role: 'validator' | 'farmer' | 'timelord'
  readonly processes: number
  /** Of one core, all processes of the role together. */
  readonly cpuShare: Value
  readonly rssMaxMiB: Value
}

export interface PrivateChain {
  readonly shareMilli: number
  readonly kappa: number
  readonly races: number
  /** It came level with the public chain at kappa blocks or later: the race of two walks. */
  readonly level: number
  /** Fork choice preferred it. */
  readonly won: number
}

export interface FarmerMetrics {
  readonly node: string
  readonly region: string
  readonly claims: string
  readonly timelord: boolean
  readonly honest: boolean
  readonly plots: number
  /** Plots whose claimed place counts as proven in the last epoch. */
  readonly located: Value
  readonly height: number
  readonly farmed: number
  readonly reorgDepthMax: number
  readonly starts: number
  readonly cpuShareMean: Value
  readonly rssMaxMiB: Value
}

export function measurePhysical(run: Run): PhysicalMetrics {
  const blocks = new Set(
    run.farmers.flatMap(({ records }) => records.of('physical-block').map(({ hash }) => hash)),
  )
  const chain = heaviestChain(run)
  const onChain = chain === null ? 0 : [...chain.hashes.values()].filter((hash) => blocks.has(hash)).length
  const within = <T extends { readonly monoMs: number }>(record: T): boolean =>
    run.readyMs !== null && record.monoMs >= run.readyMs && record.monoMs <= run.endedMs
  const honest = run.farmers.filter((farmer) => farmer.honest)
  const late = honest.flatMap(({ records }) =>
    records
      .of('slot-proof')
      .filter(within)
      .map(({ lateMs }) => lateMs),
  )
  const made = run.farmers.flatMap(({ records }) => records.of('vdf').filter(within))
  const slotMs = run.plan.physical?.slotMs ?? 1000
  return {
    simulated: standIns(run),
    height: chain?.height ?? 0,
    blocks: blocks.size,
    orphans: blocks.size - onChain,
    orphanRate: blocks.size === 0 ? null : round((blocks.size - onChain) / blocks.size, 3),
    growth: round(growthOf(run), 3),
    gapMs: round(longestPhysicalGapMs(run, honest), 1),
    reorgs: reorgsOf(run).length,
    reorgDepthMax: deepestReorg(run),
    slotProofP50Ms: round(quantile(late, 0.5), 1),
    slotProofP99Ms: round(quantile(late, 0.99), 1),
    slotsLateShare:
      late.length === 0 ? null : round(late.filter((ms) => ms > slotMs).length / late.length, 3),
    vdfEvaluateP50Ms: round(
      quantile(
        made.map(({ evaluateMs }) => evaluateMs),
        0.5,
      ),
      1,
    ),
    vdfLagSlotsMax: largest(made.map(({ lagSlots }) => lagSlots)),
    refused: Object.fromEntries([...refusals(run)].sort()),
    regions: regionShares(lastEpoch(run)),
    roles: roleCosts(run),
    privateChains: privateChains(run),
    farmers: run.farmers.map((farmer) => {
      const own = new Set<string>(
        farmer.records.of('farmer-started').flatMap(({ plots }) => plots.map(({ plot }) => plot)),
      )
      const epoch = lastEpoch(run)
      return {
        node: farmer.name,
        region: farmer.region,
        claims: farmer.planned.claims,
        timelord: farmer.planned.timelord,
        honest: farmer.honest,
        plots: farmer.planned.plots,
        located:
          epoch === null ? null : epoch.plots.filter(({ plot, located }) => located && own.has(plot)).length,
        height: bestChain(farmer, run.endedMs)?.height ?? 0,
        farmed: farmer.records.of('farmed').length,
        reorgDepthMax: largest(farmer.records.of('reorg').map(({ depth }) => depth)) ?? 0,
        starts: farmer.lives.length,
        ...costOf(run, farmer),
      }
    }),
  }
}

/** Blocks per slot on the heaviest chain of a farmer that was there from readiness to the end. */
export function growthOf(
  run: Run,
  farmers: readonly RunFarmer[] = run.farmers.filter(({ honest }) => honest),
): Value {
  const { readyMs, endedMs } = run
  const slotMs = run.plan.physical?.slotMs
  if (readyMs === null || slotMs === undefined || endedMs <= readyMs || farmers.length === 0) return null
  const grown = farmers.map((farmer) => physicalHeightAt(farmer, endedMs) - physicalHeightAt(farmer, readyMs))
  return Math.max(...grown) / ((endedMs - readyMs) / slotMs)
}

function standIns(run: Run): string[] {
  const found = new Set<string>()
  for (const start of run.farmers.flatMap(({ records }) => records.of('farmer-started'))) {
    if (start.lottery === 'simulated')
      found.add('plots: tickets are drawn from the distribution of real plots')
    if (start.vdf === 'stand-in') found.add('delay proofs: a keyed hash stands in for the VDF')
    if (start.vdf === 'none') found.add('no delay proofs: nothing secures the past')
    if (start.signatures === 'stand-in') found.add('signatures: a keyed hash')
  }
  return [...found].sort()
}

function roleCosts(run: Run): RoleCost[] {
  const roles = ['validator', 'farmer', 'timelord'] as const
  return roles.flatMap((role) => {
    const own = run.processes.filter((process) => roleOf(process) === role)
    if (own.length === 0) return []
    const costs = own.map((process) => costOf(run, process))
    const shares = costs.flatMap(({ cpuShareMean }) => cpuShareMean ?? [])
    return {
      role,
      processes: own.length,
      cpuShare:
        shares.length === 0
          ? null
          : round(
              shares.reduce((sum, share) => sum + share, 0),
              3,
            ),
      rssMaxMiB: largest(costs.flatMap(({ rssMaxMiB }) => rssMaxMiB ?? [])),
    }
  })
}

/** A farmer that is a timelord too counts as a timelord. */
function roleOf({ planned }: RunProcess): RoleCost['role'] {
  if (planned.role === 'validator') return 'validator'
  return planned.timelord ? 'timelord' : 'farmer'
}

/** From readiness to the end. */
function costOf(
  run: Run,
  { records }: RunProcess,
): { readonly cpuShareMean: Value; readonly rssMaxMiB: Value } {
  const { readyMs, endedMs } = run
  const steady = records
    .of('resources')
    .filter(({ monoMs }) => readyMs !== null && monoMs > readyMs && monoMs <= endedMs)
  return {
    cpuShareMean: round(mean(steady.map(({ cpuShare }) => cpuShare)), 3),
    rssMaxMiB: round(largest(steady.map(({ rssMiB }) => rssMiB)), 1),
  }
}

/** Nothing of a run enters but its seed and the chain's winners per slot. */
export function privateChains(run: Run): readonly PrivateChain[] {
  const known = drawnChains.get(run) ?? drawChains(run)
  drawnChains.set(run, known)
  return known
}

/** From so far behind, with 45 % of the space, one race of two hundred would still be won. */
const hopeless = 30

const drawnChains = new WeakMap<Run, readonly PrivateChain[]>()

function drawChains(run: Run): PrivateChain[] {
  const winners = run.plan.physical?.winnersPerSlotMilli ?? 1000
  return run.plan.checks.flatMap((check) => {
    if (check.check !== 'private-chain') return []
    const { kappa, races } = check
    return check.bounds.map(({ shareMilli }) => {
      const seed = `private-chain ${run.plan.seed}`
      const drawn = privateForkSuccess({
        betaMilli: shareMilli,
        kappa,
        winnersPerSlotMilli: winners,
        trials: races,
        hopeless,
        seed,
      })
      return { shareMilli, kappa, races, level: drawn.level / races, won: drawn.won / races }
    })
  })
}

/** `metric, node (or region, role, share), value`. */
export function physicalRows(metrics: PhysicalMetrics): [string, string, string | number | boolean | null][] {
  const { simulated, refused, regions, roles, privateChains: chains, farmers, ...plain } = metrics
  const named = (name: string): string => `physical${name[0]?.toUpperCase()}${name.slice(1)}`
  return [
    ...Object.entries(plain).map(([name, value]): [string, string, Value] => [named(name), '', value]),
    ['physicalSimulated', '', simulated.join('; ')],
    ...Object.entries(refused).map(([reason, count]): [string, string, number] => [
      'physicalRefused',
      reason,
      count,
    ]),
    ...regions.map(({ region, shareMilli }): [string, string, number] => [
      'spaceShareMilli',
      region,
      shareMilli,
    ]),
    ...roles.map(({ role, cpuShare }): [string, string, Value] => ['roleCpuShare', role, cpuShare]),
    ...chains.map(({ shareMilli, kappa, won }): [string, string, number] => [
      'privateChainWon',
      `share ${shareMilli / 1000} kappa ${kappa}`,
      won,
    ]),
    ...farmers.flatMap(({ node, ...values }) =>
      Object.entries(values).map(([name, value]): [string, string, string | number | boolean | null] => [
        named(name),
        node,
        value,
      ]),
    ),
  ]
}

function round(value: Value, digits: number): Value {
  return value === null ? null : Math.round(value * 10 ** digits) / 10 ** digits
}
