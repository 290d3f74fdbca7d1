import type { Bytes } from '@groundwork/primitives'
import type { RegionIndex } from './types.ts'

/** `space`: proofs of space. `work`: hashes per slot behind the same lottery, for comparison; never both. */
export type Engine = 'space' | 'work'

/** Without a VDF a challenge is a hash of seed and slot: only for tests, since anyone can then rewrite history at once. */
export type Vdf = { readonly kind: 'wesolowski'; readonly squarings: number } | { readonly kind: 'none' }

/** What every node of one physical chain must agree on. Integers only; milli are thousandths. */
export interface PhysicalParameters {
  readonly engine: Engine
  readonly vdf: Vdf
  readonly slotMs: number
  readonly epochSlots: number
  /** The seed of an epoch is fixed this many slots before its first. */
  readonly seedLagSlots: number
  /** Expected winners per slot, one of `activeSlotsPpm`. */
  readonly winnersPerSlotMilli: number
  readonly initialDifficulty: bigint
  readonly kMin: number
  readonly kMax: number
  readonly maxPlots: number
  /** Depth at which a block counts as confirmed. */
  readonly kappa: number
  /** Slots ahead of the local clock from which blocks are kept until they are due. */
  readonly maxFutureSlots: number
  readonly maxBlockBytes: number
  readonly laneBytes: LaneBytes
  readonly maxForcedItems: number
  /** f: a location needs 2f + 1 of 3f + 1 challengers of its region. */
  readonly locationFaults: number
  readonly outsideChallengers: number
  /** Epochs for which a proven location stays good without a new proof. */
  readonly locationGraceEpochs: number
  readonly locatedMilli: number
  readonly unlocatedMilli: number
  /** Largest share of effective space that one region may have; 1000 is no cap. */
  readonly regionCapMilli: number
  /** The cap never takes a region below this part of its space, so that location stays a bounded factor. */
  readonly regionFloorMilli: number
}

export interface LaneBytes {
  readonly checkpoint: number
  readonly forced: number
  readonly evidence: number
  readonly votes: number
  readonly registry: number
}

export interface Region {
  /** Unique, ASCII. */
  readonly name: string
  /** R_r: a challenger of the region must measure no more. */
  readonly maxRttUs: number
  /** Light-time bound on a round trip to each region, by index: nothing outside can be faster. */
  readonly minRttUs: readonly number[]
}

/** A challenger by appointment, beside the farmers. */
export interface Landmark {
  readonly publicKey: Bytes
  readonly region: RegionIndex
}

/** A plot that farms from the first slot; its location counts as proven at genesis. */
export interface GenesisPlot {
  readonly farmer: Bytes
  readonly index: number
  readonly k: number
  readonly region: RegionIndex
}

export interface PhysicalGenesis {
  readonly chain: string
  /** Start of slot 1, milliseconds since 1970. */
  readonly timeMs: number
  readonly parameters: PhysicalParameters
  readonly regions: readonly Region[]
  readonly landmarks: readonly Landmark[]
  readonly plots: readonly GenesisPlot[]
}

/**
 * 1 - e^(-winners per slot) in millionths: the part of slots in which somebody wins. A table, because consensus computes
 * no exponentials.
 */
export const activeSlotsPpm: Readonly<Record<number, number>> = {
  250: 221_199,
  500: 393_469,
  600: 451_188,
  800: 550_671,
  1000: 632_121,
  1500: 776_870,
  2000: 864_665,
}

/** Blocks that an epoch should have. */
export function targetBlocks(parameters: PhysicalParameters): number {
  const ppm = activeSlotsPpm[parameters.winnersPerSlotMilli] as number
  return Math.max(1, Math.floor((parameters.epochSlots * ppm + 500_000) / 1_000_000))
}

const shared: PhysicalParameters = {
  engine: 'space',
  vdf: { kind: 'wesolowski', squarings: 131_072 },
  slotMs: 1000,
  epochSlots: 256,
  seedLagSlots: 128,
  winnersPerSlotMilli: 1000,
  initialDifficulty: 12_976_128n,
  kMin: 16,
  kMax: 32,
  maxPlots: 4096,
  kappa: 6,
  maxFutureSlots: 64,
  maxBlockBytes: 131_072,
  laneBytes: { checkpoint: 65_536, forced: 16_384, evidence: 8192, votes: 24_576, registry: 8192 },
  maxForcedItems: 64,
  locationFaults: 1,
  outsideChallengers: 2,
  locationGraceEpochs: 2,
  locatedMilli: 1000,
  unlocatedMilli: 500,
  regionCapMilli: 400,
  regionFloorMilli: 100,
}

/** Demo values; the initial difficulty fits twelve plots of k = 16. */
export const physicalProfiles: Readonly<Record<'ci' | 'demo' | 'adversarial', PhysicalParameters>> = {
  ci: { ...shared, vdf: { kind: 'wesolowski', squarings: 16_384 }, slotMs: 250, kappa: 3 },
  demo: shared,
  adversarial: { ...shared, winnersPerSlotMilli: 600, initialDifficulty: 21_626_880n, kappa: 24 },
}
