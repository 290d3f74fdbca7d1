import * as z from 'zod'

export interface Address {
  readonly host: string
  readonly port: number
}

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
      /** Size, 16 to 32. */
      readonly k: number
    }

/** Version 1 of a farmer's configuration. In the file, paths are relative to the file; here they are absolute. */
export interface FarmerConfig {
  readonly version: 1
  readonly name: string
  /** Where it claims to be: a region of the genesis. */
  readonly region: string
  /** Of the physical chain. */
  readonly genesis: string
  /** Null: the node follows the chain without farming. */
  readonly farmerKey: string | null
  /** Of a challenger by appointment (`landmarks` of the genesis); null if it is none. Farmers challenge with their own key. */
  readonly landmarkKey: string | null
  readonly networkKey: string
  /** The journal and the chain. */
  readonly dataDir: string
  /** Where plots given as `{index, k}` lie, and are made. */
  readonly plotDir: string
  readonly plots: readonly ConfigPlot[]
  /** Evaluates the VDF of every slot. */
  readonly timelord: boolean
  readonly listen: Address
  readonly api: Address
  readonly peers: readonly FarmerPeer[]
  /** Where the event log goes; null for none. */
  readonly trace: string | null
  /** An orderly stop when standard input ends. */
  readonly exitWithParent: boolean
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'
  /** Where the log goes; null for standard error. */
  readonly logFile: string | null
}

/** Misbehaviours of `--byzantine`, which exists on the command line only. */
export type FarmerByzantine = never
export const farmerByzantineNames: readonly FarmerByzantine[] = []

const port = z.number().int().min(0).max(65_535)
const address = z.strictObject({ host: z.string().min(1).default('127.0.0.1'), port: port.default(0) })
const path = z.string().min(1)
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
const plot = z.union(
  [
    z.strictObject({ file: path }),
    z.strictObject({
      index: z.number().int().min(0).max(0xffff_ffff),
      k: z.number().int().min(16).max(32),
    }),
  ],
  'expected {"file": path} or {"index": number, "k": 16 to 32}',
)

export const farmerConfigSchema: z.ZodType<FarmerConfig> = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'expected letters, digits, - and _, at most 64'),
  region: z.string().min(1).max(32),
  genesis: path,
  farmerKey: path.nullable().default(null),
  landmarkKey: path.nullable().default(null),
  networkKey: path,
  dataDir: path.default('data'),
  plotDir: path.default('plots'),
  plots: z.array(plot).max(64).default([]),
  timelord: z.boolean().default(false),
  listen: address.prefault({}),
  api: address.prefault({}),
  peers: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(64),
        peerId: z.string(),
        host: z.string().min(1),
        port,
        dial: z.boolean(),
      }),
    )
    .max(1_000)
    .default([]),
  trace: path.nullable().default(null),
  exitWithParent: z.boolean().default(false),
  logLevel: z.enum(logLevels).default('info'),
  logFile: path.nullable().default(null),
})
