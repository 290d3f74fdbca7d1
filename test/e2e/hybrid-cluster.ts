import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type FarmerStatus,
  farmerEnvironment,
  farmerNodeFlags,
  physicalGenesisOf,
  prepareFarmer,
  writeFarmers,
} from '../../packages/farmer/src/index.ts'
import {
  freePorts,
  getJson,
  here,
  keepPlots,
  readTrace,
  takePlots,
} from '../../packages/farmer/test/cluster.ts'
import { defaultParameters } from '../../packages/genesis/src/index.ts'
import { type HybridParameters, hybridProfiles } from '../../packages/hybrid-core/src/index.ts'
import { physicalProfiles } from '../../packages/physical-core/src/index.ts'
import type { TraceRecord } from '../../packages/trace/src/index.ts'
import {
  prepareValidator,
  type StatusAnswer,
  validatorEnvironment,
  validatorNodeFlags,
  writeNetwork,
} from '../../packages/validator/src/index.ts'

export interface Exit {
  readonly code: number | null
  readonly stderr: string
}

interface Running {
  readonly child: ChildProcess
  readonly exited: Promise<Exit>
  readonly api: string
}

export interface HybridClusterInit {
  /** Weights of the validators. */
  readonly weights: readonly number[]
  readonly farmers: number
  readonly seed?: number
  readonly hybrid?: Partial<HybridParameters>
  /** Nodes that are started so that they can be made to misbehave. */
  readonly coercible?: readonly string[]
  /** Of a slot; a block comes in about half of them. */
  readonly slotMs?: number
}

const labels = { region: 'here', cloud: 'none', jurisdiction: 'none', entity: 'test' }
const startMs = 4_000
/** For a network without delay. */
const quick = { ...defaultParameters, minViewTimeMs: 200, timeoutBaseMs: 900, timeoutMaxMs: 4_000 }

/** Validators and farmers in processes of their own on loopback, on ports that they keep. */
export async function hybridCluster(init: HybridClusterInit) {
  const { weights, seed = 1 } = init
  const programs = await Promise.all([prepareValidator(), prepareFarmer()])
  const dir = mkdtempSync(join(tmpdir(), 'groundwork-hybrid-'))
  const validators = weights.map((_, i) => `v${i + 1}`)
  const farmers = Array.from({ length: init.farmers }, (_, i) => `f${i + 1}`)
  const names = [...validators, ...farmers]
  const ports = new Map((await freePorts(names.length)).map((port, i) => [names[i] as string, port]))
  const listen = (name: string) => ({ host: '127.0.0.1', port: ports.get(name) as number })
  const connect = (from: string, to: string) => ({
    ...listen(to),
    dial: names.indexOf(from) < names.indexOf(to),
  })
  const shared = { dir, chain: 'test', seed, connect, listen, exitWithParent: true }
  const { vdf: _, ...physicalParameters } = physicalProfiles.ci
  const farm = {
    ...shared,
    timeMs: Date.now() + startMs,
    parameters: {
      ...physicalParameters,
      vdf: { kind: 'wesolowski' as const, squarings: 4_096 },
      slotMs: init.slotMs ?? 400,
      regionCapMilli: 1000,
    },
    regions: [here],
    nodes: farmers.map((name, i) => ({ name, claims: 'here', plots: 1, k: 16, timelord: i === 0 })),
  }
  // On a busy machine timelords, which run behind everybody else, come late.
  const parameters = { ...hybridProfiles.ci, staleSlots: 60, ...init.hybrid }
  const stake = writeNetwork({
    ...shared,
    nodes: validators.map((name, validator) => ({
      name,
      validator,
      weight: weights[validator] as number,
      labels,
    })),
    accounts: { count: 4, balance: 1_000_000n },
    parameters: quick,
    hybrid: { parameters, physical: physicalGenesisOf(farm), farmers },
  })
  const physical = writeFarmers({ ...farm, stake: { genesis: stake.genesis, nodes: validators } })
  physical.nodes.forEach(takePlots)
  const running = new Map<string, Running>()
  const homes = new Map<string, { readonly configFile: string; readonly traceFile: string }>(
    [...stake.nodes, ...physical.nodes].map((home) => [home.name, home]),
  )
  const isValidator = (name: string) => !farmers.includes(name)

  const startNode = async (name: string): Promise<void> => {
    const [flags, program, environment] = isValidator(name)
      ? [validatorNodeFlags, programs[0], validatorEnvironment]
      : [farmerNodeFlags, programs[1], farmerEnvironment]
    const byzantine = init.coercible?.includes(name) ? ['--byzantine', 'coercible'] : []
    const args = [...flags, program, '--config', homes.get(name)!.configFile, ...byzantine]
    const env = { ...process.env, ...environment }
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env })
    let stdout = ''
    let stderr = ''
    const ready = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => {
        stdout += chunk
        if (stdout.includes('\n')) resolve()
      })
    })
    child.stderr.on('data', (chunk) => (stderr += chunk))
    const exited = once(child, 'close').then(([code]): Exit => ({ code: code as number | null, stderr }))
    const end = await Promise.race([ready, exited])
    if (end !== undefined) throw new Error(`${name} ended: ${end.stderr}`)
    const { api } = JSON.parse(stdout.split('\n', 1)[0] as string)
    running.set(name, { child, exited, api: `http://127.0.0.1:${api.port}` })
  }
  const end = async (name: string, signal: NodeJS.Signals): Promise<Exit> => {
    const node = running.get(name)!
    running.delete(name)
    node.child.kill(signal)
    return node.exited
  }
  const get = <T>(name: string, path: string) => getJson(`${running.get(name)!.api}/v1/${path}`) as Promise<T>
  return {
    dir,
    stake,
    physical,
    parameters,
    validators,
    farmers,
    /** One more validator, which no other node knows of. */
    add: (home: { readonly name: string; readonly configFile: string; readonly traceFile: string }) =>
      void homes.set(home.name, home),
    start: startNode,
    startAll: () => Promise.all(names.map(startNode)),
    kill: (name: string) => end(name, 'SIGKILL'),
    stop: (name: string) => end(name, 'SIGTERM'),
    get,
    api: (name: string) => running.get(name)!.api,
    async post<T>(name: string, path: string, body: unknown): Promise<T> {
      const headers = { 'content-type': 'application/json' }
      const init = { method: 'POST', headers, body: JSON.stringify(body) }
      return (await fetch(`${running.get(name)!.api}/v1/${path}`, init)).json() as Promise<T>
    },
    validator: (name: string) => get<StatusAnswer>(name, 'status'),
    farmer: (name: string) => get<FarmerStatus>(name, 'status'),
    trace: (name: string): TraceRecord[] => readTrace(homes.get(name)!.traceFile),
    async close() {
      await Promise.all([...running.keys()].map((name) => end(name, 'SIGKILL')))
      physical.nodes.forEach(keepPlots)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export type HybridCluster = Awaited<ReturnType<typeof hybridCluster>>
