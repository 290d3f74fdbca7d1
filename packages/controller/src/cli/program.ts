import { stages } from '@groundwork/client'
import { ledgerNames, VERBS } from '@groundwork/scenario'
import { wanChoices } from '@groundwork/wan/router'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { runtimes } from '../runtime/choose.ts'
import { benchCommands } from './bench-command.ts'
import { runProgram } from './command-line.ts'
import { type ComposeOptions, composeCommand } from './compose-command.ts'
import { demoCommand } from './demo-command.ts'
import { type DoctorOptions, doctorCommand } from './doctor-command.ts'
import { type DownOptions, downCommand } from './down-command.ts'
import { type FaultOptions, faultCommand } from './fault-command.ts'
import { type FollowOptions, followCommand } from './follow-command.ts'
import { type HealOptions, healCommand } from './heal-command.ts'
import { listCommand } from './list-command.ts'
import { type LogsOptions, logsCommand } from './logs-command.ts'
import { plotCommands } from './plot-command.ts'
import { type PsOptions, psCommand } from './ps-command.ts'
import { replayCommand } from './replay-command.ts'
import { reportCommand } from './report-command.ts'
import { type RunOptions, runCommand } from './run-command.ts'
import { schemaCommand } from './schema-command.ts'
import { type SendOptions, sendCommand } from './send-command.ts'
import { type UpOptions, upCommand } from './up-command.ts'
import { vdfCommands } from './vdf-command.ts'

/** Runs the command line and resolves to the exit code. Nothing is thrown that the person at the keyboard caused. */
export function main(args: readonly string[]): Promise<number> {
  return runProgram(args, addCommands)
}

function addCommands(program: Command, exit: (code: number) => void): void {
  program
    .command('run')
    .description('run a scenario of the library, or a file, and check it')
    .argument('<scenario>', 'a name (see list) or the path of a file')
    .addOption(
      new Option('--runtime <name>', 'how the nodes exist (default: process; of a sweep: simulated)').choices(
        Object.keys(runtimes),
      ),
    )
    .addOption(
      new Option(
        '--ledger <name>',
        "stake: the stake chain alone, the physical one off; hybrid: both (default: the scenario's)",
      ).choices(ledgerNames),
    )
    .addOption(wanOption())
    .option('--subnet <octets>', subnetHelp)
    .option(
      '--seed <number>',
      'of everything random; printed first (default: drawn)',
      wholeNumber(0, 0xffff_ffff),
    )
    .option(
      '--repeat <times>',
      'run again with the next seeds; of a sweep: seeds of each point',
      wholeNumber(1, 10_000),
    )
    .option('--point <label>', 'of a sweep: one point only')
    .option('--json', 'print nothing but JSON on standard output')
    .option('--out <folder>', 'where runs are kept (default: ./runs)')
    .option('--keep', "keep the nodes' disks in the run folder")
    .action(async (scenario: string, options: RunOptions) => exit(await runCommand(scenario, options)))
  program
    .command('demo')
    .description('cut off the region that holds three of seven validators, and watch')
    .option('--out <folder>', 'where runs are kept (default: ./runs)')
    .action(async (options: { out?: string }) => exit(await demoCommand(options)))
  program
    .command('list')
    .description('the scenarios of the library, each with its lesson')
    .option('--json', 'as JSON')
    .action((options: { json?: boolean }) => listCommand(options.json === true))
  program
    .command('report')
    .description('analyze a run again and write its verdict, metrics and report anew')
    .argument('<run>', 'the folder of a run or of a sweep, such as runs/latest')
    .option('--json', 'print nothing but JSON on standard output')
    .action((run: string, options: { json?: boolean }) => exit(reportCommand(run, options.json === true)))
  program
    .command('follow')
    .description('follow a network that is up and verify everything: blocks, certificates, a transaction')
    .option('--run <folder>', 'of a run of processes (default: a network of containers, or runs/latest)')
    .option('--api <url>', "the controller's API, or a node's; may be repeated", repeated)
    .option(
      '--genesis <file>',
      "of either chain, for nodes' APIs: what is trusted; may be repeated",
      repeated,
    )
    .option('--transaction <id>', 'say what it reaches, stage by stage')
    .addOption(new Option('--until <stage>', 'end when the transaction is there').choices(stages))
    .option('--json', 'print nothing but JSON on standard output, one object a line')
    .action(async (options: FollowOptions) => exit(await followCommand(options)))
  program
    .command('replay')
    .description('derive the physical chain of a hybrid run anew and compare what every node made of it')
    .argument('<run>', 'a run folder, such as runs/latest')
    .option('--json', 'print nothing but JSON on standard output')
    .action(async (run: string, options: { json?: boolean }) =>
      exit(await replayCommand(run, options.json === true)),
    )
  program
    .command('compose')
    .description('print the default network of containers, or write that of a scenario, for Docker Compose')
    .option('--scenario <scenario>', 'a name (see list) or the path of a file; default: docker/default.yaml')
    .option('--out <folder>', 'where to write compose.yaml and network.json of the scenario')
    .option('--network-file', 'print the network file of the default network instead')
    .option('--seed <number>', 'of everything random (default: 1)', wholeNumber(0, 0xffff_ffff))
    .option('--project <name>', 'of Docker Compose (default: groundwork)')
    .option('--subnet <octets>', 'first two octets of all addresses (default: 10.77)')
    .option('--port <port>', "of the controller's API on 127.0.0.1, 0 for any", wholeNumber(0, 65_535))
    .addOption(
      new Option('--wan <interpreter>', 'how links are emulated').choices(['auto', 'netem', 'packets']),
    )
    .option('--machines <file>', 'a list of { name, host, port, nodes }: one network over several machines')
    .option('--machine <name>', 'which of the machines the compose file is for')
    .option(
      '--first-slot <time>',
      'when the physical chain begins, such as 2030-01-31T12:00:00Z; needed with farmers on several machines',
      time,
    )
    .action((options: ComposeOptions) => composeCommand(options))
  program
    .command('doctor')
    .description(
      'what this machine can run, what is missing and what mends it, what earlier runs left behind',
    )
    .option('--clean', 'remove what earlier runs left behind: ours only, and nothing that is in use')
    .option('--force', 'with --clean: networks that are up too')
    .addOption(
      new Option('--for <runtime>', 'exit with 2 unless this one can run (default: process)').choices(
        Object.keys(runtimes),
      ),
    )
    .option('--out <folder>', 'where runs are kept (default: ./runs)')
    .option('--json', 'print one JSON object')
    .action(async (options: DoctorOptions) => exit(await doctorCommand(options)))
  containerCommands(program, exit)
  vdfCommands(program)
  benchCommands(program, exit)
  plotCommands(program, exit)
  program.command('schema').description('the JSON schema of scenario files').action(schemaCommand)
}

function repeated(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}

const subnetHelp = 'first two octets of all addresses, with containers (default: free ones, from 10.77)'
const projectHelp = 'which network, if several are up'

function wanOption(): Option {
  return new Option(
    '--wan <interpreter>',
    'how the router emulates links; auto takes netem where the kernel has it (or GROUNDWORK_WAN)',
  ).choices(wanChoices)
}

/** What works on a network of containers that stays until it is taken down, whoever started it. */
function containerCommands(program: Command, exit: (code: number) => void): void {
  program
    .command('up')
    .description(
      'start the network of a scenario in containers, without its timeline, and return when it is healthy',
    )
    .argument('[scenario]', 'a name or the path of a file (default: seven validators in three regions)')
    .addOption(wanOption())
    .option('--subnet <octets>', subnetHelp)
    .option('--project <name>', 'its name (default: groundwork)')
    .option('--seed <number>', 'of everything random (default: drawn)', wholeNumber(0, 0xffff_ffff))
    .option(
      '--port <number>',
      "of the controller's API on this machine (default: 8080; 0: a free one)",
      wholeNumber(0, 65_535),
    )
    .option('--out <folder>', 'where its files are kept until it is down (default: ./runs)')
    .action(async (scenario: string | undefined, options: UpOptions) =>
      exit(await upCommand(scenario, options)),
    )
  program
    .command('down')
    .description('remove the network that is up: containers, networks, volumes')
    .option('--project <name>', projectHelp)
    .action((options: DownOptions) => downCommand(options))
  program
    .command('ps')
    .description('networks of containers that are up: nodes, heights, peers, faults in force')
    .option('--project <name>', projectHelp)
    .option('--json', 'as JSON')
    .action((options: PsOptions) => psCommand(options))
  program
    .command('logs')
    .description('what a node wrote')
    .argument('<node>', 'a node, router or controller')
    .option('-f, --follow', 'go on')
    .option('--tail <lines>', 'only the newest', wholeNumber(0, 1_000_000))
    .option('--project <name>', projectHelp)
    .action(async (node: string, options: LogsOptions) => exit(await logsCommand(node, options)))
  program
    .command('fault')
    .description('begin a fault on the network that is up, with the words of a scenario file')
    .usage('<verb> [target] [--key value ...] [--detach] [--project name] [--json]')
    .argument('<verb>', Object.keys(VERBS).join(', '))
    .argument(
      '[words...]',
      'such as --groups region=Mumbai,rest --for 30s; v3 --for 5s; --from v1 --to rest --delay 100ms --loss 1%',
    )
    .option('--detach', 'return at once; with --for, faults of links heal by themselves')
    .option('--json', 'as JSON')
    .option('--project <name>', projectHelp)
    .allowUnknownOption()
    .action(async (verb: string, words: string[], options: FaultOptions) =>
      exit(await faultCommand(verb, words, options)),
    )
  program
    .command('send')
    .description('sign a transfer on the network that is up and hand it to farmers, or to validators')
    .addOption(
      new Option(
        '--by <chain>',
        'physical: to farmers, as one that has to be executed; stake: to mempools (default: physical, if both chains run)',
      ).choices(['physical', 'stake']),
    )
    .option('--from <number>', 'of the account that pays (default: 0)', wholeNumber(0, 1_000_000))
    .option('--to <account>', 'a number, or an address (default: 1)')
    .option('--amount <coins>', 'how much (default: 1)', wholeNumber(0, 2 ** 48))
    .option('--fee <coins>', 'what it pays for being taken (default: 1)', wholeNumber(0, 2 ** 48))
    .option('--via <node>', 'hand it to this node only; may be repeated', repeated)
    .option('--json', 'as JSON')
    .option('--project <name>', projectHelp)
    .action(async (options: SendOptions) => exit(await sendCommand(options)))
  program
    .command('heal')
    .description('end faults, by id or by the name of a node; healing what is healed is no error')
    .argument('[ids...]', 'as fault and ps say them')
    .option('--all', 'everything that is not as it was at the start')
    .option('--project <name>', projectHelp)
    .action(async (ids: string[], options: HealOptions) => exit(await healCommand(ids, options)))
}

function time(text: string): number {
  const ms = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : Number.NaN
  if (ms >= 0) return ms
  throw new InvalidArgumentError('Expected a time with its zone, such as 2030-01-31T12:00:00Z.')
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`)
  }
}
