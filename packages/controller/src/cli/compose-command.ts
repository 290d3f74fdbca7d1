import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parse } from 'yaml'
import { composeFile, formatCompose } from '../docker/compose.ts'
import { composeDefaults, containers, defaultCompose, defaultNetwork } from '../docker/default-network.ts'
import { formatNetworkFile, type Machine, networkFile } from '../docker/network-file.ts'
import { repositoryRoot } from '../machine.ts'
import { planFile } from '../planning.ts'
import { oneLine, usageError } from './exit.ts'
import { loadScenarioFile } from './library.ts'
import { shownPath, workingDirectory } from './places.ts'

export interface ComposeOptions {
  readonly scenario?: string
  readonly seed?: number
  readonly out?: string
  readonly networkFile?: boolean
  readonly project?: string
  readonly subnet?: string
  readonly port?: number
  readonly wan?: 'auto' | 'netem' | 'packets'
  readonly machines?: string
  readonly machine?: string
  /** ms since 1970. */
  readonly firstSlot?: number
}

/** Prints the default network's files, or writes those of a scenario (for one of several machines) to a folder. */
export function composeCommand(options: ComposeOptions): void {
  if (options.scenario === undefined) return printDefault(options)
  if (options.out === undefined)
    throw usageError('compose --scenario writes two files: say where with --out FOLDER')
  const plan = planFile(loadScenarioFile(options.scenario, workingDirectory()), containers, options.seed ?? 1)
  const machines = options.machines === undefined ? [] : readMachines(options.machines)
  const file = networkFile({
    plan,
    machines,
    ...(options.firstSlot === undefined ? {} : { physicalTimeMs: options.firstSlot }),
    ...(options.project === undefined ? {} : { project: options.project }),
    ...(options.subnet === undefined ? {} : { subnet: options.subnet }),
  })
  const compose = composeFile({
    ...composeDefaults,
    file,
    networkFile: './network.json',
    build: resolve(repositoryRoot).replaceAll('$', '$$$$'),
    machine: options.machine ?? null,
    apiPort: options.port ?? composeDefaults.apiPort,
    wan: options.wan ?? composeDefaults.wan,
  })
  const folder = resolve(workingDirectory(), options.out)
  try {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'network.json'), formatNetworkFile(file))
    // Whatever the umask: nobody in a container has the right to read what others may not.
    chmodSync(join(folder, 'network.json'), 0o644)
    writeFileSync(
      join(folder, 'compose.yaml'),
      formatCompose(compose, `Made by groundwork from scenario ${plan.scenario}, seed ${plan.seed}.`),
    )
  } catch (error) {
    throw usageError(`--out ${options.out}: cannot write there (${(error as NodeJS.ErrnoException).code})`)
  }
  process.stdout.write(`${shownPath(join(folder, 'compose.yaml'))}\n`)
}

function printDefault({ networkFile: wanted, ...others }: ComposeOptions): void {
  const odd = Object.keys(others)[0]
  if (odd !== undefined)
    throw usageError(`compose --${odd} needs --scenario: the default network is always the same`)
  process.stdout.write(wanted === true ? formatNetworkFile(defaultNetwork()) : defaultCompose())
}

/** A YAML (or JSON) list of `{ name, host, port, nodes }`; the network file's own reader says what is wrong in it. */
function readMachines(path: string): readonly Machine[] {
  let value: unknown
  try {
    value = parse(readFileSync(resolve(workingDirectory(), path), 'utf8'))
  } catch (error) {
    throw usageError(`--machines ${path}: ${oneLine(error)}`)
  }
  const isMachine = (item: unknown): item is Machine => {
    const { name, host, port, nodes } = (item ?? {}) as Partial<Machine>
    return (
      [name, host].every((text) => typeof text === 'string' && text !== '') &&
      Number.isInteger(port) &&
      Array.isArray(nodes) &&
      nodes.every((node) => typeof node === 'string')
    )
  }
  if (Array.isArray(value) && value.every(isMachine)) return value
  throw usageError(
    `--machines ${path}: expected a list such as [{ name: A, host: 192.0.2.1, port: 30335, nodes: [v1, v2] }, ...]`,
  )
}
