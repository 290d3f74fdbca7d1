import {
  type Address,
  type CommonConfig,
  type ConfigSources,
  pathsFrom,
  pieces,
  readSettings,
} from '@groundwork/program'
import * as z from 'zod'

export interface FarmerPeer extends Address {
  readonly name: string
  /** Base58. */
  readonly peerId: string
  /** Exactly one side of a pair dials; host and port of the other side are not used. */
  readonly dial: boolean
}

/** A plot file made before, or one that is plotted into the home when it is missing. */
export type ConfigPlot =
  | { readonly file: string }
  | {
      /** Of the farmer's plots: the plot's id is the hash of the farmer's public key and this. */
      readonly index: number
      /** Size, 16 to 32; 0 under proof of work, where a plot is a number of hashes per slot. */
      readonly k: number
    }

/** Version 1 of a farmer's configuration. In the file, paths are relative to the file; here they are absolute. */
export interface FarmerConfig extends CommonConfig {
  /** Where its plots claim to be: a region of the genesis. */
  readonly region: string
  /** Of the physical chain. */
  readonly genesis: string
  /** Of the stake chain that this one records; null: blocks carry what they are given. */
  readonly stakeGenesis: string | null
  /** Null: the node follows the chain without farming. */
  readonly farmerKey: string | null
  /** Of a challenger by appointment (`landmarks` of the genesis); null if it is none. Farmers challenge with their own key. */
  readonly landmarkKey: string | null
  /** Where plots given as `{index, k}` lie, and are made. */
  readonly plotDir: string
  readonly plots: readonly ConfigPlot[]
  /** Evaluates the VDF of the slots. */
  readonly timelord: boolean
  /** Which of the network's timelords it is, from 0: the lowest that is there works, the others stand by. */
  readonly timelordRank: number
  /** Under proof of work: nonces tried in a slot, for each plot. */
  readonly hashesPerSlot: number
  /** How far its clock is ahead (behind if negative), ms. */
  readonly clockOffsetMs: number
  readonly peers: readonly FarmerPeer[]
}

/**
 * Misbehaviours of `--byzantine`, which exists on the command line only.
 * - coercible: does what `POST /v1/coercion` says, and is honest while that says nothing.
 */
export type FarmerByzantine = 'coercible'
export const farmerByzantineNames: readonly FarmerByzantine[] = ['coercible']

const { path, common } = pieces
const plot = z.union(
  [
    z.strictObject({ file: path }),
    z.strictObject({
      index: z.number().int().min(0).max(0xffff_ffff),
      k: z
        .number()
        .int()
        .max(32)
        .refine((k) => k === 0 || k >= 16, 'expected 16 to 32, or 0 under proof of work'),
    }),
  ],
  'expected {"file": path} or {"index": number, "k": 16 to 32}',
)

export const farmerConfigSchema: z.ZodType<FarmerConfig> = z.strictObject({
  ...common,
  region: z.string().min(1).max(32),
  genesis: path,
  stakeGenesis: path.nullable().default(null),
  farmerKey: path.nullable().default(null),
  landmarkKey: path.nullable().default(null),
  plotDir: path.default('plots'),
  plots: z.array(plot).max(64).default([]),
  timelord: z.boolean().default(false),
  timelordRank: z.number().int().min(0).max(1_000).default(0),
  hashesPerSlot: z.number().int().min(0).max(1_000_000).default(256),
  clockOffsetMs: z.number().int().min(-86_400_000).max(86_400_000).default(0),
  peers: z.array(z.strictObject(pieces.peer)).max(1_000).default([]),
})

/** Throws `CONFIG_*` with one line that says what is wrong, where, and what would be right. */
export function loadFarmerConfig(sources: ConfigSources): FarmerConfig {
  const config = readSettings(farmerConfigSchema, sources)
  const from = pathsFrom(sources.file)
  return {
    ...config,
    genesis: from(config.genesis),
    stakeGenesis: from(config.stakeGenesis),
    farmerKey: from(config.farmerKey),
    landmarkKey: from(config.landmarkKey),
    networkKey: from(config.networkKey),
    dataDir: from(config.dataDir),
    plotDir: from(config.plotDir),
    plots: config.plots.map((plot) => ('file' in plot ? { file: from(plot.file) } : plot)),
    trace: from(config.trace),
    logFile: from(config.logFile),
  }
}
