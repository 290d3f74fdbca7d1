import { CodedError } from '@groundwork/primitives'
import { Command, CommanderError } from 'commander'
import { type Config, loadConfig, settings } from './config.ts'
import { createLog } from './log.ts'
import { prepareHome, readNetworkPlan } from './network-home.ts'
import { type Byzantine, byzantineNames, startValidator, type ValidatorNode } from './node.ts'

/** The command was wrong: nothing was started. */
const usageExit = 64
const failureExit = 1
const stopWithinMs = 900

interface ParsedCommand {
  readonly config: Config
  readonly byzantine: readonly Byzantine[]
}

/** One validator from its command line to its end. Standard output carries one line, when the node is ready. */
export async function runProgram(args: readonly string[]): Promise<void> {
  // A parent that went away must not end the process in the middle of its orderly stop.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  const command = readCommand(args)
  const log = createLog(command.config)
  let node: ValidatorNode | undefined
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
    node = await startValidator({ ...command, log, onFailure: fail })
  } catch (error) {
    if (!(error instanceof CodedError)) return fail(error)
    say(lineOf(error))
    process.exit(failureExit)
  }
  process.stdout.write(`${JSON.stringify({ ready: true, ...node.ready })}\n`)
}

function readCommand(args: readonly string[]): ParsedCommand {
  const program = new Command('validator')
    .description('Runs one BFT proof-of-stake validator.')
    .option('--config <file>', 'configuration file (or GROUNDWORK_CONFIG)')
    .option('--network <file>', 'network file to write the configuration from; needs --name and --home')
    .option('--name <name>', 'which node of the network file this is')
    .option('--home <folder>', 'where this node of the network file keeps its files')
    .option('--byzantine <name>', `misbehave: ${byzantineNames.join(', ')}`)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  for (const { flag, kind, about, environment } of settings) {
    program.option(`--${flag}${kind === 'switch' ? '' : ' <value>'}`, `${about} (or ${environment})`)
  }
  try {
    program.parse(args, { from: 'user' })
    const options = program.opts<Record<string, string | true | undefined>>()
    const file = configFile(options)
    const flags = Object.fromEntries(settings.map(({ flag }) => [flag, options[camelCase(flag)]]))
    return {
      config: loadConfig({ file, flags, environment: process.env }),
      byzantine: byzantineOf(options.byzantine),
    }
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) process.exit(0)
    if (!(error instanceof CommanderError || error instanceof CodedError)) throw error
    say(lineOf(error).replace(/^error: /, ''))
    process.exit(usageExit)
  }
}

/** The configuration that was named, or the one that follows from the network file, written anew. */
function configFile({ config, network, name, home }: Record<string, string | true | undefined>): string {
  if (network === undefined && name === undefined && home === undefined) {
    const file = config ?? process.env.GROUNDWORK_CONFIG
    if (typeof file === 'string') return file
    throw new CodedError('USAGE', '--config FILE is missing, or --network FILE --name NAME --home FOLDER')
  }
  if (config !== undefined) throw new CodedError('USAGE', '--config and --network exclude each other')
  if (typeof network === 'string' && typeof name === 'string' && typeof home === 'string') {
    return prepareHome(readNetworkPlan(network), name, home).configFile
  }
  throw new CodedError('USAGE', '--network FILE, --name NAME and --home FOLDER go together')
}

/** Only a flag switches misbehaviour on: no configuration file can. */
function byzantineOf(option: string | true | undefined): readonly Byzantine[] {
  if (option === undefined) return []
  const name = byzantineNames.find((known) => known === option)
  if (name !== undefined) return [name]
  throw new CodedError('USAGE', `--byzantine: expected ${byzantineNames.join(', ')}, got "${option}"`)
}

function camelCase(flag: string): string {
  return flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

function say(line: string): void {
  process.stderr.write(`validator: ${line}\n`)
}

function lineOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] as string
}
