import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultParameters } from '@groundwork/genesis'
import type { Parameters } from '@groundwork/stake-core'
import type { TraceFact, TraceRecord } from '@groundwork/trace'
import type { StatusAnswer } from '../src/api.ts'
import {
  prepareValidator,
  validatorEnvironment,
  validatorNodeFlags,
  type WrittenNetwork,
  type WrittenNode,
  writeNetwork,
} from '../src/index.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunningNode {
  readonly child: ChildProcess
  readonly api: string
  readonly exited: Promise<Exit>
}

const labels = { region: 'here', cloud: 'none', jurisdiction: 'none', entity: 'test' }

/** As networks start their validators. */
const main = await prepareValidator()

/** A process with everything it printed. */
export function run(
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): { child: ChildProcess; exited: Promise<Exit> } {
  const child = spawn(process.execPath, [...validatorNodeFlags, main, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...validatorEnvironment, ...environment },
  })
  let stdout = ''
  let stderr = ''
  child.stdout!.on('data', (chunk) => (stdout += chunk))
  child.stderr!.on('data', (chunk) => (stderr += chunk))
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }) as Exit)
  return { child, exited }
}

/** A node whose first line on standard output is its ready line. */
export async function start(args: readonly string[]): Promise<RunningNode & { readonly p2pPort: number }> {
  const { child, exited } = run(args)
  let text = ''
  const line = new Promise<string>((resolve) => {
    child.stdout!.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text.split('\n', 1)[0] as string)
    })
  })
  const first = await Promise.race([line, exited])
  if (typeof first !== 'string') throw new Error(`ended before it was ready: ${JSON.stringify(first)}`)
  const ready = JSON.parse(first)
  return { child, exited, api: `http://127.0.0.1:${ready.api.port}`, p2pPort: ready.p2p.port }
}

export interface ClusterOptions {
  /** Names of nodes that have one. */
  readonly twins?: readonly string[]
  readonly parameters?: Parameters
}

/** For a network without delay. */
const quick: Parameters = { ...defaultParameters, minViewTimeMs: 50, timeoutBaseMs: 600, timeoutMaxMs: 4_000 }

/** Validators on loopback, and twins of some, which `startAll` leaves alone. Each is reached through a forwarder, so that it may take a free port at every start. */
export async function createCluster(
  size: number,
  seed: string,
  { twins = [], parameters = quick }: ClusterOptions = {},
) {
  const dir = mkdtempSync(join(tmpdir(), 'groundwork-validator-'))
  const names = Array.from({ length: size }, (_, i) => `v${i + 1}`)
  const nodes = [...names, ...twins.map((name) => `${name}-twin`)].map((name) => {
    return { name, validator: names.indexOf(name.replace('-twin', '')), weight: 1, labels }
  })
  const targets = new Map<string, number>()
  const forwarders = new Map<string, Server>()
  for (const { name } of nodes) forwarders.set(name, await forwarder(() => targets.get(name)))
  const network: WrittenNetwork = writeNetwork({
    dir,
    chain: 'test',
    seed,
    nodes,
    accounts: { count: 4, balance: 1_000_000n },
    parameters,
    connect: (from, to) => {
      const { port } = forwarders.get(to)!.address() as AddressInfo
      return { host: '127.0.0.1', port, dial: from < to }
    },
    exitWithParent: true,
  })
  const running = new Map<string, RunningNode>()
  const written = (name: string): WrittenNode => network.nodes.find((node) => node.name === name)!

  const startNode = async (name: string, ...flags: string[]): Promise<RunningNode> => {
    const node = await start(['--config', written(name).configFile, ...flags])
    targets.set(name, node.p2pPort)
    running.set(name, node)
    return node
  }
  const end = async (name: string, signal: NodeJS.Signals): Promise<Exit> => {
    const node = running.get(name)!
    running.delete(name)
    node.child.kill(signal)
    return node.exited
  }
  return {
    dir,
    network,
    names,
    running,
    written,
    start: startNode,
    startAll: () => Promise.all(names.map((name) => startNode(name))),
    kill: (name: string) => end(name, 'SIGKILL'),
    stop: (name: string) => end(name, 'SIGTERM'),
    status: (name: string): Promise<StatusAnswer> => getJson(`${running.get(name)!.api}/v1/status`),
    trace: (name: string) => readTrace(written(name).traceFile),
    async heights(): Promise<number[]> {
      const statuses = await Promise.all([...running.keys()].map((name) => this.status(name)))
      return statuses.map(({ finalHeight }) => finalHeight)
    },
    async close() {
      await Promise.all([...running.keys()].map((name) => end(name, 'SIGKILL')))
      for (const server of forwarders.values()) server.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export type Cluster = Awaited<ReturnType<typeof createCluster>>

export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url)
  return (await response.json()) as T
}

export function readTrace(file: string): TraceRecord[] {
  // A killed process may leave half a line.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines.map((line) => JSON.parse(line))
}

export function recordsOf<K extends TraceFact['kind']>(records: readonly TraceRecord[], kind: K) {
  return records.filter((record): record is Extract<TraceRecord, { kind: K }> => record.kind === kind)
}

/** Asks again until the answer is true. */
export async function until(condition: () => Promise<boolean> | boolean, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function forwarder(target: () => number | undefined): Promise<Server> {
  const server = createServer((inbound) => {
    const port = target()
    if (port === undefined) return inbound.destroy()
    const outbound = connect(port, '127.0.0.1')
    inbound.setNoDelay()
    outbound.setNoDelay()
    inbound.pipe(outbound)
    outbound.pipe(inbound)
    for (const [one, other] of [
      [inbound, outbound],
      [outbound, inbound],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
