import { hybridProfiles } from '@groundwork/hybrid-core'
import type { Check, Plan, PlannedFarmer } from '@groundwork/scenario'
import {
  type Analysis,
  analyze,
  type HybridEvent,
  type HybridFact,
  invariantOf,
  mergeTraces,
  type StakeBlockName,
  type SupplyRecord,
  type TraceFact,
  type TraceRecord,
} from '../src/index.ts'
import { name, readyMs, record, type SyntheticInit, synthetic } from './synthetic.ts'

/** Two farmers who follow both chains, beside the made-up validators: a block every 500 ms. */

export const parameters = hybridProfiles.ci
const blockMs = 500

const farmers: readonly PlannedFarmer[] = ['f1', 'f2'].map((farmer, i) => ({
  name: farmer,
  role: 'farmer',
  farmer: i,
  plots: 2,
  k: 16,
  claims: 'Ireland',
  timelord: i === 0,
  skewMs: 0,
  behaviour: null,
  labels: { region: 'Ireland', cloud: i === 0 ? 'A' : 'B', jurisdiction: 'EU', entity: farmer },
}))

export const physicalHash = (height: number, fork = ''): string => name(`physical ${height}${fork}`)
export const supply: SupplyRecord = { total: '1000', staked: '7', slashed: '0', leaked: '0', fees: '0' }

export interface HybridLog extends SyntheticInit {
  readonly checks?: readonly Check[]
  /** Physical blocks; default 60. */
  readonly length?: number
  /** What blocks bring, by height. */
  readonly events?: Readonly<Record<number, readonly HybridEvent[]>>
  readonly supplies?: Readonly<Record<number, SupplyRecord>>
  /** Heights in RECORDED, from and to. */
  readonly recorded?: readonly [number, number]
  /** Besides: by whom, when, what. */
  readonly more?: readonly (readonly [node: string, ms: number, fact: TraceFact])[]
}

/** Both farmers derive the same chain. */
export function hybridLog(init: HybridLog = {}): { plan: Plan; records: TraceRecord[] } {
  const { length = 60, events = {}, supplies = {}, recorded = [0, -1] } = init
  const base = synthetic({ durationMs: 40_000, ...init })
  const plan: Plan = {
    ...base.plan,
    nodes: [...base.plan.nodes, ...farmers],
    physical: {
      profile: 'ci',
      engine: 'space',
      squarings: 16_384,
      slotMs: 250,
      epochSlots: 256,
      seedLagSlots: 128,
      winnersPerSlotMilli: 1000,
      kappa: 3,
      locationFaults: 1,
      outsideChallengers: 2,
      locationGraceEpochs: 2,
      unlocatedMilli: 500,
      regionCapMilli: 1000,
      regionFloorMilli: 100,
      nearMs: 15,
      regions: ['Ireland'],
    },
    hybrid: { profile: 'ci', parameters },
  }
  const log: TraceRecord[] = []
  for (const farmer of ['f1', 'f2']) {
    log.push(record(farmer, 1500, farmerStarted))
    for (let height = 1; height <= length; height++) {
      const ms = readyMs + height * blockMs
      log.push(record(farmer, ms, tip(height)))
      const isRecorded = height >= recorded[0] && height <= recorded[1]
      const fact = derived(height, events[height] ?? [], isRecorded ? 'RECORDED' : 'FAST')
      log.push(record(farmer, ms + 1, { ...fact, supply: supplies[height] ?? fact.supply } as HybridFact))
    }
  }
  for (const [node, ms, fact] of init.more ?? []) log.push(record(node, ms, fact))
  return { plan, records: mergeTraces([base.records, log.sort((a, b) => a.monoMs - b.monoMs)]) }
}

const farmerStarted: TraceFact = {
  kind: 'farmer-started',
  pid: 7,
  chain: 'aa',
  engine: 'space',
  lottery: 'simulated',
  vdf: 'stand-in',
  signatures: 'ed25519',
  timelord: true,
  plots: [],
  byzantine: [],
}

export function tip(height: number, fork = '', adopted?: readonly string[], reverted = 0): TraceFact {
  const hash = physicalHash(height, fork)
  return {
    kind: 'physical-tip',
    height,
    hash,
    slot: height,
    weight: `${height * 10 + fork.length}`,
    reverted,
    adopted: adopted ?? [hash],
  }
}

export function derived(
  height: number,
  events: readonly HybridEvent[],
  mode: 'FAST' | 'RECORDED' = 'FAST',
  fork = '',
): Extract<HybridFact, { kind: 'derived' }> {
  const rooted = height % 8 === 0
  return {
    kind: 'derived',
    height,
    block: physicalHash(height, fork),
    mode,
    root: rooted ? name(`root ${height}${fork}`) : null,
    supply: rooted ? supply : null,
    events,
  }
}

/** The block of the made-up stake chain at a height; views and heights are the same while nothing is skipped. */
export const stakeBlock = (height: number, epoch = 0): StakeBlockName => ({
  epoch,
  height,
  hash: name(`block ${height}`),
})

export function checkpoint(tipHeight: number, blocks: number, epoch = 0): HybridEvent {
  return {
    kind: 'checkpoint-accepted',
    epoch,
    tip: stakeBlock(tipHeight).hash,
    tipHeight,
    blocks,
    anchor: 1,
    refreshing: true,
  }
}

export function windowClosed(window: number, justified = true): HybridEvent {
  return {
    kind: 'window-closed',
    window,
    target: 'aa',
    source: -1,
    present: 5,
    weight: 7,
    space: '4',
    total: '4',
    justified,
    streak: 1,
    leaked: [],
    activated: [],
  }
}

export function judge(log: { plan: Plan; records: TraceRecord[] }): Analysis {
  return analyze(log.plan, log.records)
}

/** The invariants whose checks failed. */
export function brokenBy(log: { plan: Plan; records: TraceRecord[] }): readonly string[] {
  return judge(log)
    .checks.filter(({ verdict }) => verdict === 'fail')
    .map(({ check }) => invariantOf[check] ?? check)
}
