import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parsePhysicalGenesis } from '@groundwork/genesis'
import { type PhysicalParameters, physicalProfiles, type Region } from '@groundwork/physical-core'
import { parseTrace, type TraceFact, type TraceRecord } from '@groundwork/trace'
import {
  type FarmerNode,
  type FarmerStatus,
  farmerEnvironment,
  farmerNodeFlags,
  prepareFarmer,
  type WrittenFarmer,
  type WrittenFarmers,
  writeFarmers,
} from '../src/index.ts'

export interface Exit {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Process {
  readonly child: ChildProcess
  readonly exited: Promise<Exit>
}

let main: Promise<string> | undefined
/** Of whatever a test started and did not end. */
const children = new Set<ChildProcess>()

/** A farmer's process with everything it printed. */
export async function run(args: readonly string[]): Promise<Process> {
  main ??= prepareFarmer()
  const child = spawn(process.execPath, [...farmerNodeFlags, await main, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...farmerEnvironment },
  })
  children.add(child)
  child.on('close', () => children.delete(child))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => (stdout += chunk))
  child.stderr.on('data', (chunk) => (stderr += chunk))
  const exited = once(child, 'close').then(
    ([code]): Exit => ({ code: code as number | null, stdout, stderr }),
  )
  return { child, exited }
}

export interface Cluster {
  readonly dir: string
  readonly written: WrittenFarmers
  home(name: string): WrittenFarmer
  start(name: string, args?: readonly string[], configFile?: string): Promise<void>
  startAll(): Promise<void>
  /** SIGTERM unless said otherwise; resolves with the exit. */
  stop(name: string, signal?: NodeJS.Signals): Promise<Exit>
  /** Resolves when the node has ended by itself. */
  ended(name: string): Promise<Exit>
  status(name: string): Promise<FarmerStatus>
  api(name: string): string
  p2pPort(name: string): number
  trace(name: string): TraceRecord[]
  end(): Promise<void>
}

export interface ClusterInit {
  readonly nodes: readonly FarmerNode[]
  readonly parameters?: Partial<PhysicalParameters>
  readonly regions?: readonly Region[]
  readonly seed?: number
  /** The chain began so long ago; if left out, it begins when the nodes have started. */
  readonly ageMs?: number
  /** Kept after the end, and taken up again if it holds this network; a temporary one if left out. */
  readonly dir?: string
}

export const here: Region = { name: 'here', maxRttUs: 500_000, minRttUs: [0] }

/** Until all processes run, on a machine with nothing else to do. */
const startMs = 2_000

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = []
  for (let i = 0; i < count; i++) {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    servers.push(server)
  }
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

/** Plots that were made once; k = 16 costs most of a second. */
const cache = join(tmpdir(), 'groundwork-test-plots')

/** Farmers in processes of their own, on ports that they keep. */
export async function createCluster(init: ClusterInit): Promise<Cluster> {
  const dir = init.dir ?? mkdtempSync(join(tmpdir(), 'groundwork-farmers-'))
  const genesisFile = join(dir, 'physical-genesis.json')
  const timeMs = existsSync(genesisFile)
    ? parsePhysicalGenesis(readFileSync(genesisFile, 'utf8')).timeMs
    : Date.now() - (init.ageMs ?? -startMs)
  const names = init.nodes.map(({ name }) => name)
  const ports = new Map<string, number>()
  for (const [i, port] of (await freePorts(names.length)).entries()) ports.set(names[i] as string, port)
  const written = writeFarmers({
    dir,
    chain: 'test',
    seed: init.seed ?? 1,
    timeMs,
    parameters: { ...physicalProfiles.ci, regionCapMilli: 1000, ...init.parameters },
    regions: init.regions ?? [here],
    nodes: init.nodes,
    connect: (from, to) => ({
      host: '127.0.0.1',
      port: ports.get(to) as number,
      dial: names.indexOf(from) < names.indexOf(to),
    }),
    listen: (name) => ({ host: '127.0.0.1', port: ports.get(name) as number }),
  })
  const running = new Map<string, Process & { api: string }>()
  const home = (name: string): WrittenFarmer => written.nodes.find((node) => node.name === name)!
  written.nodes.forEach(takePlots)

  const cluster: Cluster = {
    dir,
    written,
    home,
    async start(name, args = [], configFile = home(name).configFile) {
      const process = await run(['--config', configFile, ...args])
      const line = new Promise<string>((resolve) => {
        let text = ''
        process.child.stdout!.on('data', (chunk) => {
          text += chunk
          if (text.includes('\n')) resolve(text.split('\n', 1)[0] as string)
        })
      })
      const first = await Promise.race([line, process.exited.then((exit) => exit)])
      if (typeof first !== 'string') throw new Error(`${name} ended: ${first.stderr}`)
      const { api } = JSON.parse(first) as { api: { host: string; port: number } }
      running.set(name, { ...process, api: `http://${api.host}:${api.port}` })
    },
    async startAll() {
      await Promise.all(names.map((name) => cluster.start(name)))
    },
    async stop(name, signal = 'SIGTERM') {
      const { child, exited } = running.get(name)!
      running.delete(name)
      child.kill(signal)
      return exited
    },
    async ended(name) {
      const exit = await running.get(name)!.exited
      running.delete(name)
      return exit
    },
    status: (name) => getJson(`${cluster.api(name)}/v1/status`) as Promise<FarmerStatus>,
    api: (name) => running.get(name)!.api,
    p2pPort: (name) => ports.get(name) as number,
    trace: (name) => readTrace(home(name).traceFile),
    async end() {
      await Promise.all([...running.keys()].map((name) => cluster.stop(name, 'SIGKILL')))
      for (const child of children) child.kill('SIGKILL')
      for (const node of written.nodes) keepPlots(node)
      if (init.dir === undefined) rmSync(dir, { recursive: true, force: true })
    },
  }
  return cluster
}

/** Puts those that were made before into a farmer's home. */
export function takePlots({ plotDir, plots }: WrittenFarmer): void {
  mkdirSync(plotDir, { recursive: true })
  for (const plot of plots) {
    const kept = join(cache, plot)
    if (existsSync(kept)) cpSync(kept, plotDir, { recursive: true })
  }
}

export function keepPlots({ plotDir, plots }: WrittenFarmer): void {
  for (const [index, plot] of plots.entries()) {
    const file = join(plotDir, `plot-${index}-k16.plot`)
    const kept = join(cache, plot)
    if (!existsSync(file) || existsSync(kept)) continue
    mkdirSync(kept, { recursive: true })
    cpSync(file, join(kept, `plot-${index}-k16.plot`))
  }
}

export async function getJson(url: string): Promise<unknown> {
  return (await fetch(url)).json()
}

export function readTrace(file: string): TraceRecord[] {
  if (!existsSync(file)) return []
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return parseTrace(lines).records
}

export function recordsOf<K extends TraceFact['kind']>(
  records: readonly TraceRecord[],
  kind: K,
): Extract<TraceRecord, { kind: K }>[] {
  return records.filter((record) => record.kind === kind) as Extract<TraceRecord, { kind: K }>[]
}

/** Waits until something holds; says what did not. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const endMs = performance.now() + withinMs
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 40))
  }
}

export const node = (name: string, rest: Partial<FarmerNode> = {}): FarmerNode => ({
  name,
  claims: 'here',
  plots: 2,
  k: 16,
  timelord: false,
  ...rest,
})
