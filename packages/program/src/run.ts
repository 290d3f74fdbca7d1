import { CodedError } from '@groundwork/primitives'
import { Command, CommanderError } from 'commander'
import { createLog, type Log } from './log.ts'
import { type CommonConfig, type ConfigSources, settings } from './settings.ts'

/** The command was wrong: nothing was started. */
const usageExit = 64
const failureExit = 1
const stopWithinMs = 900

export interface RunningNode {
  /** What the line on standard output says. */
  readonly ready: object
  stop(reason: string): Promise<void>
}

export interface StartInit<Config, Byzantine> {
  readonly config: Config
  readonly byzantine: readonly Byzantine[]
  readonly log: Log
  /** The node cannot go on; it takes part in nothing any more. */
  readonly onFailure: (error: unknown) => void
}

/** A program that runs one node. */
export interface NodeProgram<Config extends CommonConfig, Byzantine extends string> {
  /** Of the command. */
  readonly name: string
  readonly description: string
  /** Misbehaviours that a flag switches on, and no configuration file. */
  readonly byzantineNames: readonly Byzantine[]
  /** Throws `CONFIG_*`, one line. */
  loadConfig(sources: ConfigSources): Config
  /** Writes the home of a node of a network file, and gives the configuration file. Throws `NETWORK_*`, one line. */
  prepareHome(network: string, name: string, home: string): string | Promise<string>
  start(init: StartInit<Config, Byzantine>): Promise<RunningNode>
}

interface ParsedCommand<Config, Byzantine> {
  readonly config: Config
  readonly byzantine: readonly Byzantine[]
}

/** One node from its command line to its end. Standard output carries one line, when the node is ready. */
export async function runNodeProgram<Config extends CommonConfig, Byzantine extends string>(
  program: NodeProgram<Config, Byzantine>,
  args: readonly string[],
): Promise<void> {
  // A parent that went away must not end the process in the middle of its orderly stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const say = (line: string): void => void process.stderr.write(`${program.name}: ${line}\n`)
  const command = await readCommand(program, args, say)
  const log = createLog(command.config)
  let node: RunningNode | undefined
  let ending = false

  const end = async (reason: string, exitCode: number): Promise<void> => {
    if (ending) return
    ending = true
    setTimeout(() => process.exit(exitCode), stopWithinMs)
    await node?.stop(reason).catch((error: unknown) => log.error({ error: String(error) }, 'stop failed'))
    log.info({ reason }, 'stopped')
    process.exit(exitCode)
  }
  const fail = (error: unknown): void => {
    log.fatal(error instanceof CodedError ? { code: error.code } : { err: error }, lineOf(error))
    if (command.config.logFile !== null) say(lineOf(error))
    void end(lineOf(error), failureExit)
  }

  process.on('uncaughtException', fail)
  // Ours end at the driver, which fails as a whole; what a library leaves behind for a peer's sake must not end the node.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void end(signal, 0))
  if (command.config.exitWithParent) {
    process.stdin.on('end', () => void end('parent ended', 0))
    process.stdin.on('error', () => void end('parent ended', 0))
    process.stdin.resume()
  }

  try {
    node = await program.start({ ...command, log, onFailure: fail })
  } catch (error) {
    if (!(error instanceof CodedError)) return fail(error)
    say(lineOf(error))
    process.exit(failureExit)
  }
  process.stdout.write(`${JSON.stringify({ ready: true, ...node.ready })}\n`)
}

async function readCommand<Config extends CommonConfig, Byzantine extends string>(
  program: NodeProgram<Config, Byzantine>,
  args: readonly string[],
  say: (line: string) => void,
): Promise<ParsedCommand<Config, Byzantine>> {
  const command = new Command(program.name)
    .description(program.description)
    .option('--config <file>', 'configuration file (or GROUNDWORK_CONFIG)')
    .option('--network <file>', 'network file to write the configuration from; needs --name and --home')
    .option('--name <name>', 'which node of the network file this is')
    .option('--home <folder>', 'where this node of the network file keeps its files')
    .option('--byzantine <name...>', `misbehave: ${program.byzantineNames.join(', ')}`)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  for (const { flag, kind, about, environment } of settings) {
    command.option(`--${flag}${kind === 'switch' ? '' : ' <value>'}`, `${about} (or ${environment})`)
  }
  try {
    command.parse(args, { from: 'user' })
    const options = command.opts<Record<string, string | true | undefined>>()
    const file = await configFile(program, options)
    const flags = Object.fromEntries(settings.map(({ flag }) => [flag, options[camelCase(flag)]]))
    return {
      config: program.loadConfig({ file, flags, environment: process.env }),
      byzantine: byzantineOf(
        program.byzantineNames,
        command.opts<{ byzantine?: string[] }>().byzantine ?? [],
      ),
    }
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0)
    if (!(error instanceof CommanderError || error instanceof CodedError)) throw error
    say(lineOf(error).replace(/^error: /, ''))
    process.exit(usageExit)
  }
}

/** The configuration that was named, or the one that follows from the network file, written anew. */
function configFile(
  { prepareHome }: Pick<NodeProgram<never, never>, 'prepareHome'>,
  { config, network, name, home }: Record<string, string | true | undefined>,
): string | Promise<string> {
  if (network === undefined && name === undefined && home === undefined) {
    const file = config ?? process.env.GROUNDWORK_CONFIG
    if (typeof file === 'string') return file
    throw new CodedError('USAGE', '--config FILE is missing, or --network FILE --name NAME --home FOLDER')
  }
  if (config !== undefined) throw new CodedError('USAGE', '--config and --network exclude each other')
  if (typeof network === 'string' && typeof name === 'string' && typeof home === 'string') {
    return prepareHome(network, name, home)
  }
  throw new CodedError('USAGE', '--network FILE, --name NAME and --home FOLDER go together')
}

/** Only a flag switches misbehaviour on: no configuration file can. */
function byzantineOf<Byzantine extends string>(
  names: readonly Byzantine[],
  given: readonly string[],
): readonly Byzantine[] {
  return [...new Set(given)].map((option) => {
    const name = names.find((known) => known === option)
    if (name !== undefined) return name
    throw new CodedError('USAGE', `--byzantine: expected ${names.join(', ')}, got "${option}"`)
  })
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function lineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] as string
}
