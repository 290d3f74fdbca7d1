import { dirname, resolve } from 'node:path'
import { CodedError } from '@groundwork/primitives'
import * as z from 'zod'
import { readJson } from './input-files.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** What every program of a node can be told about where it writes and what it serves. */
export interface CommonConfig {
  readonly version: 1
  readonly name: string
  readonly networkKey: string
  readonly dataDir: string
  readonly listen: Address
  readonly api: Address
  /** Where the event log goes; null for none. */
  readonly trace: string | null
  /** An orderly stop when standard input ends. */
  readonly exitWithParent: boolean
  readonly logLevel: LogLevel
  /** Where the log goes; null for standard error. */
  readonly logFile: string | null
}

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent'

const logLevels: readonly LogLevel[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']
const port: z.ZodType<number> = z.number().int().min(0).max(65_535)
const address = z.strictObject({ host: z.string().min(1).default('127.0.0.1'), port: port.default(0) })
const path = z.string().min(1)

const peer = {
  name: z.string().min(1).max(64),
  peerId: z.string(),
  host: z.string().min(1),
  port,
  dial: z.boolean(),
}

/** Pieces of a program's configuration schema. */
export const pieces: {
  readonly path: z.ZodString
  readonly port: z.ZodType<number>
  /** Where a peer is reached, and by whom. */
  readonly peer: {
    readonly name: z.ZodType<string>
    readonly peerId: z.ZodType<string>
    readonly host: z.ZodType<string>
    readonly port: z.ZodType<number>
    readonly dial: z.ZodType<boolean>
  }
  readonly common: {
    readonly version: z.ZodType<1>
    readonly name: z.ZodType<string>
    readonly networkKey: z.ZodType<string>
    readonly dataDir: z.ZodType<string>
    readonly listen: z.ZodType<Address>
    readonly api: z.ZodType<Address>
    readonly trace: z.ZodType<string | null>
    readonly exitWithParent: z.ZodType<boolean>
    readonly logLevel: z.ZodType<LogLevel>
    readonly logFile: z.ZodType<string | null>
  }
} = {
  path,
  port,
  peer,
  common: {
    version: z.literal(1),
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'expected letters, digits, - and _, at most 64'),
    networkKey: path,
    dataDir: path.default('data'),
    listen: address.prefault({}),
    api: address.prefault({}),
    trace: path.nullable().default(null),
    exitWithParent: z.boolean().default(false),
    logLevel: z.enum(logLevels).default('info'),
    logFile: path.nullable().default(null),
  },
}

/** A setting that a flag or an environment variable overrides. */
export interface Setting {
  readonly flag: string
  readonly environment: string
  readonly about: string
  readonly kind: 'text' | 'port' | 'switch'
  readonly set: (config: Record<string, unknown>, value: unknown) => void
}

const nested = (section: string, key: string) => (config: Record<string, unknown>, value: unknown) => {
  const before = config[section]
  config[section] = { ...(typeof before === 'object' ? before : {}), [key]: value }
}
const top = (key: string) => (config: Record<string, unknown>, value: unknown) => {
  config[key] = value
}
const file = (key: string) => (config: Record<string, unknown>, value: unknown) => {
  config[key] = resolve(String(value))
}

/** What may be set beside the file: a flag goes before the environment, the environment before the file. */
export const settings: readonly Setting[] = [
  setting('data-dir', 'text', 'folder of the journal and the blocks', file('dataDir')),
  setting('listen-host', 'text', 'address to take peers on', nested('listen', 'host')),
  setting('listen-port', 'port', 'port to take peers on, 0 for a free one', nested('listen', 'port')),
  setting('api-host', 'text', 'address of the HTTP API', nested('api', 'host')),
  setting('api-port', 'port', 'port of the HTTP API, 0 for a free one', nested('api', 'port')),
  setting('trace', 'text', 'file to append the event log to', file('trace')),
  setting('log-level', 'text', logLevels.join(', '), top('logLevel')),
  setting('log-file', 'text', 'file for the log instead of standard error', file('logFile')),
  setting('exit-with-parent', 'switch', 'stop when standard input ends', top('exitWithParent')),
]

export interface ConfigSources {
  readonly file: string
  /** By flag name, as typed; a switch is true. */
  readonly flags: Readonly<Record<string, string | true | undefined>>
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** A configuration as its file, environment and flags say it. Throws `CONFIG_*` with one line that says what is wrong, where, and what would be right. */
export function readSettings<Config>(schema: z.ZodType<Config>, sources: ConfigSources): Config {
  const { file, flags, environment } = sources
  const config = readConfigFile(file)
  for (const setting of settings) {
    const { flag, environment: variable } = setting
    const given = flags[flag] ?? environment[variable]
    if (given === undefined) continue
    setting.set(config, settingValue(setting, given, flags[flag] === undefined ? variable : `--${flag}`))
  }
  const parsed = schema.safeParse(config)
  if (!parsed.success) throw new CodedError('CONFIG_INVALID', `${file}: ${describe(parsed.error)}`)
  return parsed.data
}

/** Paths in a configuration file are relative to the file. */
export function pathsFrom(file: string): <T extends string | null>(path: T) => T {
  const from = dirname(resolve(file))
  return (path) => (path === null ? path : resolve(from, path)) as typeof path
}

function readConfigFile(file: string): Record<string, unknown> {
  const value = readJson(file, 'CONFIG')
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CodedError('CONFIG_INVALID', `${file}: expected a JSON object`)
  }
  const { version } = value as { version?: unknown }
  if (version !== 1) {
    throw new CodedError(
      'CONFIG_VERSION',
      `${file}: version ${JSON.stringify(version)} is unknown, expected 1`,
    )
  }
  return { ...value }
}

/** The first problem, in one line. */
export function describe(error: z.ZodError): string {
  const issue = error.issues[0]
  if (issue === undefined) return 'invalid'
  const where = issue.path.length > 0 ? `${issue.path.join('.')}: ` : ''
  return `${where}${issue.message.split('\n', 1)[0]}`
}

function settingValue({ kind }: Setting, given: string | true, where: string): unknown {
  if (kind === 'text') return given
  if (kind === 'port') {
    if (typeof given === 'string' && /^\d{1,5}$/.test(given) && Number(given) < 65_536) return Number(given)
    throw new CodedError('CONFIG_SETTING', `${where}: expected a port from 0 to 65535, got "${given}"`)
  }
  if (given === true || given === '1' || given === 'true') return true
  if (given === '0' || given === 'false' || given === '') return false
  throw new CodedError('CONFIG_SETTING', `${where}: expected true or false, got "${given}"`)
}

function setting(flag: string, kind: Setting['kind'], about: string, set: Setting['set']): Setting {
  return { flag, environment: `GROUNDWORK_${flag.toUpperCase().replaceAll('-', '_')}`, about, kind, set }
}
