import { type Bytes, type Hash, type Hex, toHex } from '@groundwork/primitives'
import { seedOf } from './challenge.ts'
import { nextDifficulty } from './difficulty.ts'
import { plotIdOf } from './genesis.ts'
import { judgeLocation } from './location.ts'
import { lotteryEngines } from './lottery.ts'
import { regionScales, scaled } from './region-cap.ts'
import { type ChainRules, epochOf, seedCutoffOf } from './rules.ts'
import type { Height, LocationAttestation, PhysicalEpoch, PlotId, RegionIndex, Slot } from './types.ts'

/**
 * What a chain has come to after one block: a pure function of the blocks up to it. Never changes; blocks of one epoch
 * share everything but a few numbers.
 */
export interface ChainState {
  readonly hash: Hash
  readonly trunkHash: Hash
  readonly height: Height
  readonly slot: Slot
  /** Sum of difficulties. */
  readonly weight: bigint
  readonly epoch: EpochContext
  readonly blocksInEpoch: number
  /** Trunk of the last block up to the cut-off of the next epoch's seed. */
  readonly seedTrunk: Hash
  readonly changes: EpochChanges
}

/** Fixed for all blocks of an epoch on one fork. */
export interface EpochContext {
  readonly number: PhysicalEpoch
  readonly seed: Hash
  readonly difficulty: bigint
  /** Everything ever registered, by id: an id is good for one registration. */
  readonly plots: ReadonlyMap<Hex, PlotRecord>
  /** Plots that may win in this epoch, but for bans since it began. */
  readonly active: ReadonlyMap<Hex, ActivePlot>
  /** Sum of effective sizes: modelled space. */
  readonly space: bigint
  /** From this epoch on, `active` changes by items of blocks only. */
  readonly stableFrom: PhysicalEpoch
}

export interface PlotRecord {
  readonly plotId: PlotId
  readonly farmer: Bytes
  readonly k: number
  readonly region: RegionIndex
  /** The first epoch in which it may win. */
  readonly from: PhysicalEpoch
  /** The first epoch in which it may no more. */
  readonly until: PhysicalEpoch | null
  readonly banned: boolean
  /** The last epoch in which attestations proved its place; -1 at genesis, null if none did since the last contradiction. */
  readonly provenIn: number | null
}

export interface ActivePlot {
  readonly record: PlotRecord
  /** Whether the claimed place is proven, grace included. */
  readonly located: boolean
  /** S_eff: size times location factor times regional scale. */
  readonly effective: bigint
}

/** What the registry items of the epoch so far will mean later; bans count at once. */
export interface EpochChanges {
  readonly registered: ReadonlyMap<Hex, PlotRecord>
  readonly retired: ReadonlySet<Hex>
  readonly banned: ReadonlySet<Hex>
  /** By plot. */
  readonly attestations: ReadonlyMap<Hex, readonly LocationAttestation[]>
}

export const noChanges: EpochChanges = {
  registered: new Map(),
  retired: new Set(),
  banned: new Set(),
  attestations: new Map(),
}

/** The state after the genesis block. */
export function genesisState(rules: ChainRules): ChainState {
  const { genesis, parameters, chainId } = rules
  const plots = new Map<Hex, PlotRecord>()
  for (const { farmer, index, k, region } of genesis.plots) {
    const plotId = plotIdOf(farmer, index)
    plots.set(toHex(plotId), {
      plotId,
      farmer,
      k,
      region,
      from: 0,
      until: null,
      banned: false,
      provenIn: -1,
    })
  }
  return {
    hash: chainId,
    trunkHash: chainId,
    height: 0,
    slot: 0,
    weight: 0n,
    epoch: epochContext(rules, {
      number: 0,
      seed: seedOf(0, chainId),
      difficulty: parameters.initialDifficulty,
      plots,
    }),
    blocksInEpoch: 0,
    seedTrunk: chainId,
    changes: noChanges,
  }
}

/** Adds what follows from the registry: who is active and what each plot weighs. */
export function epochContext(
  rules: ChainRules,
  base: Pick<EpochContext, 'number' | 'seed' | 'difficulty' | 'plots'>,
): EpochContext {
  const { parameters, genesis } = rules
  const { baseSize } = lotteryEngines[parameters.engine]
  const eligible: { key: Hex; record: PlotRecord; located: boolean; size: bigint }[] = []
  for (const [key, record] of base.plots) {
    if (!isActive(record, base.number)) continue
    const located = isLocated(rules, record, base.number)
    const factor = located ? parameters.locatedMilli : parameters.unlocatedMilli
    eligible.push({ key, record, located, size: (baseSize(record.k) * BigInt(factor)) / 1000n })
  }
  const sizes: bigint[][] = genesis.regions.map(() => [])
  for (const { record, size } of eligible) sizes[record.region]!.push(size)
  const scales = regionScales(sizes, parameters.regionCapMilli, parameters.regionFloorMilli)
  const active = new Map<Hex, ActivePlot>()
  let space = 0n
  for (const { key, record, located, size } of eligible) {
    const effective = scaled(size, scales[record.region]!)
    active.set(key, { record, located, effective })
    space += effective
  }
  return { ...base, active, space, stableFrom: stableFrom(rules, base.plots.values()) }
}

function stableFrom(rules: ChainRules, plots: Iterable<PlotRecord>): PhysicalEpoch {
  let epoch = 0
  for (const { from, until, provenIn } of plots) {
    const unlocatedFrom = provenIn === null ? 0 : provenIn + rules.parameters.locationGraceEpochs + 2
    epoch = Math.max(epoch, from, until ?? 0, unlocatedFrom)
  }
  return epoch
}

function isActive({ from, until, banned }: PlotRecord, epoch: PhysicalEpoch): boolean {
  return !banned && from <= epoch && (until === null || epoch < until)
}

/** PC11. A proof of one epoch is good for the next, and for the epochs of grace after it. */
function isLocated(rules: ChainRules, { provenIn }: PlotRecord, epoch: PhysicalEpoch): boolean {
  return provenIn !== null && epoch - 1 - provenIn <= rules.parameters.locationGraceEpochs
}

/** The same chain, seen from a later epoch: what its next block meets. Costs anything only where an epoch ends. */
export function advance(rules: ChainRules, state: ChainState, epoch: PhysicalEpoch): ChainState {
  if (epoch <= state.epoch.number) return state
  const known = advanced.get(state)
  let later = known !== undefined && known.epoch.number <= epoch ? known : state
  while (later.epoch.number < epoch) later = nextEpoch(rules, later)
  advanced.set(state, later)
  return later
}

/** Tips are looked at from the next epoch by every slot until a block is made there. */
const advanced = new WeakMap<ChainState, ChainState>()

function nextEpoch(rules: ChainRules, state: ChainState): ChainState {
  const { epoch, changes } = state
  const number = epoch.number + 1
  const seed = seedOf(number, state.seedTrunk)
  const difficulty = nextDifficulty(epoch.difficulty, state.blocksInEpoch, rules.target)
  // Every block so far lies before the next cut-off, which is in the epoch that begins.
  const begun = { blocksInEpoch: 0, seedTrunk: state.trunkHash, changes: noChanges }
  // After a long silence there are thousands of these.
  if (changes === noChanges && epoch.number >= epoch.stableFrom)
    return { ...state, ...begun, epoch: { ...epoch, number, seed, difficulty } }
  const plots = new Map(epoch.plots)
  for (const [key, record] of changes.registered) plots.set(key, record)
  for (const key of changes.retired) amend(plots, key, { until: number + 1 })
  for (const key of changes.banned) amend(plots, key, { banned: true })
  for (const [key, attestations] of changes.attestations) {
    const verdict = judgeLocation(rules, epoch, plots.get(key)!, attestations)
    if (verdict === 'proven') amend(plots, key, { provenIn: epoch.number })
    if (verdict === 'contradicted') amend(plots, key, { provenIn: null })
  }
  return { ...state, ...begun, epoch: epochContext(rules, { number, seed, difficulty, plots }) }
}

function amend(plots: Map<Hex, PlotRecord>, key: Hex, change: Partial<PlotRecord>): void {
  plots.set(key, { ...plots.get(key)!, ...change })
}

/** PC2. The seed of the challenge chain that a block of this slot on top of `state` belongs to. */
export function seedFor(rules: ChainRules, state: ChainState, slot: Slot): Hash {
  return advance(rules, state, epochOf(rules, slot)).epoch.seed
}

/** The state after a block that was found valid on `parent`. */
export function extend(
  rules: ChainRules,
  parent: ChainState,
  block: { readonly hash: Hash; readonly trunkHash: Hash; readonly slot: Slot },
  changes: EpochChanges,
): ChainState {
  const before = advance(rules, parent, epochOf(rules, block.slot))
  const isBeforeCutoff = block.slot <= seedCutoffOf(rules, before.epoch.number + 1)
  return {
    hash: block.hash,
    trunkHash: block.trunkHash,
    height: parent.height + 1,
    slot: block.slot,
    weight: parent.weight + before.epoch.difficulty,
    epoch: before.epoch,
    blocksInEpoch: before.blocksInEpoch + 1,
    seedTrunk: isBeforeCutoff ? block.trunkHash : before.seedTrunk,
    changes,
  }
}

/** A plot that may win in the state's epoch, bans of the epoch included. */
export function activePlot(state: ChainState, key: Hex): ActivePlot | undefined {
  return state.changes.banned.has(key) ? undefined : state.epoch.active.get(key)
}

/** A plot, whenever it may win; with the changes of the epoch. */
export function registeredPlot(state: ChainState, key: Hex): PlotRecord | undefined {
  return state.epoch.plots.get(key) ?? state.changes.registered.get(key)
}
