import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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
  readonly ready: { readonly interpreter: string; readonly reasons: Readonly<Record<string, string>> }
  /** By SIGTERM unless told otherwise; the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

const program = fileURLToPath(new URL('../src/router/main.ts', import.meta.url))

/** Rejects with what the program complained of. */
export async function startRouterProcess(network: NamespaceNetwork, wan: WanChoice): Promise<RouterProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'gw-router-'))
  const control = { path: join(folder, 'control') }
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
  writeFileSync(join(folder, 'router.json'), JSON.stringify(config))
  const { child, exited, words } = startProgram(network, [
    '--network',
    join(folder, 'router.json'),
    '--wan',
    wan,
  ])
  const first = createInterface({ input: child.stdout as NodeJS.ReadableStream })
  const line = await Promise.race([once(first, 'line').then(([text]) => text as string), exited])
  if (typeof line !== 'string') throw new Error(`the router ended with ${line}: ${words()}`)
  return {
    child,
    control,
    ready: JSON.parse(line) as RouterProcess['ready'],
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const code = await exited
      rmSync(folder, { recursive: true, force: true })
      return code
    },
  }
}

/** Runs the program with any arguments. */
export function startProgram(
  network: NamespaceNetwork,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): { readonly child: ChildProcess; readonly exited: Promise<number | null>; words(): string } {
  const child = spawn('ip', ['netns', 'exec', network.router, process.execPath, program, ...args], {
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
