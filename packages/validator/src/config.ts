import {
  type Address,
  type CommonConfig,
  type ConfigSources,
  pathsFrom,
  pieces,
  readSettings,
} from '@groundwork/program'
import * as z from 'zod'

export interface ConfigPeer extends Address {
  readonly name: string
  /** Position in the validator set of the genesis; twins share it. Null: it came in later. */
  readonly validator: number | null
  /** Base58. */
  readonly peerId: string
  /** Exactly one side of a pair dials; host and port of the other side are not used. */
  readonly dial: boolean
}

/** A farmer is always dialled. */
export type ConfigFarmer = Omit<ConfigPeer, 'validator' | 'dial'>

/** The physical chain, which the validator follows by itself. */
export interface PhysicalSection {
  /** Of the physical chain. */
  readonly genesis: string
  readonly farmers: readonly ConfigFarmer[]
}

/** Version 1 of a node's configuration. In the file, paths are relative to the file; here they are absolute. */
export interface Config extends CommonConfig {
  readonly genesis: string
  readonly validatorKey: string
  readonly peers: readonly ConfigPeer[]
  /** Null: the stake chain alone. */
  readonly physical: PhysicalSection | null
}

const { path, common } = pieces
const { dial: _, ...dialled } = pieces.peer

const configSchema: z.ZodType<Config> = z.strictObject({
  ...common,
  genesis: path,
  validatorKey: path,
  peers: z
    .array(z.strictObject({ ...pieces.peer, validator: z.number().int().min(0).nullable() }))
    .max(1_000)
    .default([]),
  physical: z
    .strictObject({ genesis: path, farmers: z.array(z.strictObject(dialled)).min(1).max(1_000) })
    .nullable()
    .default(null),
})

/** Throws `CONFIG_*` with one line that says what is wrong, where, and what would be right. */
export function loadConfig(sources: ConfigSources): Config {
  const config = readSettings(configSchema, sources)
  const from = pathsFrom(sources.file)
  return {
    ...config,
    genesis: from(config.genesis),
    validatorKey: from(config.validatorKey),
    networkKey: from(config.networkKey),
    dataDir: from(config.dataDir),
    trace: from(config.trace),
    logFile: from(config.logFile),
    physical: config.physical && { ...config.physical, genesis: from(config.physical.genesis) },
  }
}
