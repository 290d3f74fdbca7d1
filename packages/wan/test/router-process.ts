import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ControlAddress, RouterConfig, WanChoice } from '@groundwork/wan/router'
import { conformanceNodes, conformanceRegions } from './conformance-network.ts'
import type { NamespaceNetwork } from './namespaces.ts'

/** The router program, in a namespace. */
export interface RouterProcess {
  readonly child: ChildProcess
  readonly control: ControlAddress
  /** Its first line. */
  readonly ready: {
    readonly interpreter: string
    readonly requested: string
    readonly reasons: Readonly<Record<string, string>>
  }
  readonly exited: Promise<number | null>
  /** What it said on its standard error. */
  words(): string
  /** By SIGTERM unless told otherwise; the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

const program = fileURLToPath(new URL('../src/router/main.ts', import.meta.url))

/** Rejects with what the program complained of. All of one network have the same control address. */
export async function startRouterProcess(network: NamespaceNetwork, wan: WanChoice): Promise<RouterProcess> {
  const control = { path: join(tmpdir(), `${network.router}.control`) }
  const file = join(tmpdir(), `${network.router}.json`)
  const config: RouterConfig = {
    version: 1,
    nodes: network.nodes.map(({ name, address, gateway }) => {
      const region = conformanceNodes.find((node) => node.name === name)?.region ?? name
      return { name, region, address, gateway }
    }),
    delays: conformanceRegions,
    control,
    seed: 1,
  }
  writeFileSync(file, JSON.stringify(config))
  const { child, exited, words } = startProgram(network, ['--network', file, '--wan', wan])
  const first = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const line = await Promise.race([once(first, 'line').then(([text]) => text as string), exited])
  if (typeof line !== 'string') throw new Error(`the router ended with ${line}: ${words()}`)
  return {
    child,
    control,
    exited,
    words,
    ready: JSON.parse(line) as RouterProcess['ready'],
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const code = await exited
      for (const path of [file, control.path]) rmSync(path, { force: true })
      return code
    },
  }
}

interface ProgramOptions {
  /** A command that runs the program. */
  readonly through?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Runs the program with any arguments. */
export function startProgram(
  network: NamespaceNetwork,
  args: readonly string[],
  { through = [], env = {} }: ProgramOptions = {},
): { readonly child: ChildProcess; readonly exited: Promise<number | null>; words(): string } {
  const command = [...through, process.execPath, program, ...args]
  const child = spawn('ip', ['netns', 'exec', network.router, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words += text
  })
  const exited = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return { child, exited, words: () => words }
}
