import { inclusionBoundBlocks, isSpaceQuorum, leakWindows, recoveryBlocks } from '@groundwork/hybrid-core'
import {
  farmersOf,
  type Plan,
  type PlannedFarmer,
  quorum,
  stakeOf,
  totalStake,
  validatorsOf,
} from '@groundwork/scenario'
import { forcedDelays } from './checks/hybrid.ts'
import type { FaultWindow } from './faults.ts'
import { eventsOf, type HybridRun, revertedBlocks, tipOf } from './hybrid-run.ts'
import { largest } from './quantile.ts'
import type { Run } from './run.ts'
import { spaceSize } from './space.ts'

type Value = number | null

/** null: the stake chain alone, or it did not happen. Stake and blocks are counts. */
export interface HybridMetrics {
  /** From a forced transaction's physical block to its execution, over all honest nodes' chains. */
  readonly forcedInclusionMaxBlocks: Value
  readonly forcedInclusionBoundBlocks: Value
  /** Posted, and those that were executed before the run ended. */
  readonly forcedPosted: Value
  readonly forcedExecuted: Value
  /** From the fault that took stake away for good to the first block that was final again. */
  readonly recoveryMs: Value
  /** T_rec of the parameters, for what that fault took. */
  readonly recoveryPredictedMs: Value
  readonly revertedFastBlocks: Value
  readonly slashedStake: Value
  readonly leakedStake: Value
  readonly recordedEntries: Value
  readonly recordedExits: Value
  /** Of the physical blocks, those in FAST. */
  readonly fastShare: Value
  readonly hazards: Value
  /** Transfers from or to the account that censors are after: share that was executed, by how they were handed in. */
  readonly targetStakeIncludedShare: Value
  readonly targetForcedIncludedShare: Value
}

export function measureHybrid(run: Run, hybrid: HybridRun | null, forked: number): HybridMetrics {
  const target = targetShares(run, hybrid)
  if (hybrid === null) {
    return {
      forcedInclusionMaxBlocks: null,
      forcedInclusionBoundBlocks: null,
      forcedPosted: null,
      forcedExecuted: null,
      recoveryMs: null,
      recoveryPredictedMs: null,
      revertedFastBlocks: forked,
      // The stake chain alone executes no evidence and knows no leak.
      slashedStake: 0,
      leakedStake: 0,
      recordedEntries: null,
      recordedExits: null,
      fastShare: null,
      hazards: null,
      ...target,
    }
  }
  const { main, parameters, followed } = hybrid
  const delays = forcedDelays(main)
  const supply = main.findLast((block) => block.supply !== null)?.supply ?? null
  const loss = lossOf(run)
  return {
    forcedInclusionMaxBlocks: largest(
      followed.flatMap(({ chain }) => forcedDelays(chain).flatMap(({ blocks }) => blocks ?? [])),
    ),
    forcedInclusionBoundBlocks: inclusionBoundBlocks(parameters),
    forcedPosted: delays.length,
    forcedExecuted: delays.filter(({ blocks }) => blocks !== null).length,
    recoveryMs: loss === null ? null : recoveredAfter(run, hybrid, loss.fault),
    recoveryPredictedMs: loss === null ? null : predictedMs(run.plan, hybrid, loss),
    revertedFastBlocks: revertedBlocks(run, hybrid).length,
    slashedStake: supply === null ? null : Number(supply.slashed),
    leakedStake: supply === null ? null : Number(supply.leaked),
    recordedEntries: eventsOf(main, 'recorded-began').length,
    recordedExits: eventsOf(main, 'fast-resumed').length,
    fastShare:
      main.length === 0
        ? null
        : Math.round((1000 * main.filter(({ mode }) => mode === 'FAST').length) / main.length) / 1000,
    hazards: followed.reduce((sum, { process }) => sum + process.records.of('hazard').length, 0),
    ...target,
  }
}

function targetShares(
  run: Run,
  hybrid: HybridRun | null,
): Pick<HybridMetrics, 'targetStakeIncludedShare' | 'targetForcedIncludedShare'> {
  const done = new Set<string>()
  // Where nobody is honest, what the coerced finalized is all there is.
  const nodes = run.honest.length > 0 ? run.honest : run.nodes
  for (const { transactions } of nodes.flatMap(({ records }) => records.of('finalized')))
    for (const id of transactions) done.add(id)
  // A block that is not confirmed may still be taken back with all that it executed.
  const { main, parameters } = hybrid ?? { main: [], parameters: { kappa: 0 } }
  const confirmed = tipOf(main) - parameters.kappa
  for (const { at, event } of eventsOf(main, 'forced-executed'))
    if (event.code === null && at.height <= confirmed) done.add(event.transaction)
  const share = (by: 'stake' | 'physical'): Value => {
    const sent = run.controller
      .of('submitted')
      .filter((record) => record.target === true && (record.by ?? 'stake') === by)
    const ids = new Set(sent.map(({ transaction }) => transaction))
    if (ids.size === 0) return null
    return Math.round((1000 * [...ids].filter((id) => done.has(id)).length) / ids.size) / 1000
  }
  return { targetStakeIncludedShare: share('stake'), targetForcedIncludedShare: share('physical') }
}

/** A fault that takes a third of the stake or more away and is not healed. */
export interface StakeLoss {
  readonly fault: FaultWindow
  readonly gone: number
  readonly present: number
  /** Of the space that farms when nothing is wrong, in size. */
  readonly spaceLeft: bigint
  readonly space: bigint
}

export function lossOf(run: Run): StakeLoss | null {
  const fault = run.faults.find(
    ({ stopsProcess, stopsFinality, healedMs }) => stopsProcess && stopsFinality && healedMs === null,
  )
  if (fault === undefined) return null
  const { nodes } = run.plan
  const down = new Set(
    run.faults
      .filter((other) => other.stopsProcess && other.healedMs === null && other.beganMs <= fault.beganMs)
      .flatMap((other) => other.nodes),
  )
  const total = totalStake(nodes)
  const present = stakeOf(validatorsOf(nodes).filter(({ name }) => !down.has(name)))
  if (present >= quorum(total)) return null
  const farmers = farmersOf(nodes)
  const size = (some: readonly PlannedFarmer[]) =>
    some.reduce((sum, { plots, k }) => sum + spaceSize(plots, k), 0n)
  return {
    fault,
    gone: total - present,
    present,
    spaceLeft: size(farmers.filter(({ name }) => !down.has(name))),
    space: size(farmers),
  }
}

/** Whether the space that is left can end RECORDED. */
export function spaceSuffices({ parameters }: HybridRun, { spaceLeft, space }: StakeLoss): boolean {
  return isSpaceQuorum(parameters.theta, spaceLeft, space)
}

function recoveredAfter(run: Run, hybrid: HybridRun, { beganMs }: FaultWindow): Value {
  const [trigger] = eventsOf(hybrid.main, 'recorded-began').filter(({ at }) => at.firstMs > beganMs)
  if (trigger === undefined) return null
  const times = [...run.firstFinal.values()]
    .map(({ monoMs }) => monoMs)
    .filter((ms) => ms > trigger.at.firstMs)
  return times.length === 0 ? null : Math.round(Math.min(...times) - beganMs)
}

/**
 * T_rec: the mean number of physical blocks by the parameters, times the mean time of a block with the space that is
 * left: of a slot's winners, lambda times that share on average, one is enough.
 */
function predictedMs(plan: Plan, hybrid: HybridRun, loss: StakeLoss): Value {
  const { parameters, main } = hybrid
  const { physical } = plan
  if (physical === undefined || !spaceSuffices(hybrid, loss) || loss.present === 0) return null
  const [trigger] = eventsOf(main, 'recorded-began').filter(({ at }) => at.firstMs > loss.fault.beganMs)
  const needed = trigger?.event.needed ?? parameters.exitWindows
  const { mean } = recoveryBlocks(parameters, leakWindows(parameters, loss.present, loss.gone), needed)
  return Math.round(mean * meanBlockMs(physical, Number(loss.spaceLeft) / Number(loss.space)))
}

function meanBlockMs({ slotMs, winnersPerSlotMilli }: NonNullable<Plan['physical']>, share: number): number {
  return slotMs / (1 - Math.exp((-winnersPerSlotMilli / 1000) * share))
}
