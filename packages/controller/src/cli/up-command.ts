import { randomInt } from 'node:crypto'
import { rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CodedError } from '@groundwork/primitives'
import type { Plan } from '@groundwork/scenario'
import { listContainers } from '../docker/containers.ts'
import { defaultScenario } from '../docker/default-network.ts'
import { dockerEngine, type Engine } from '../docker/engine.ts'
import { ensureImage } from '../docker/image.ts'
import { defaultProject, ports } from '../docker/layout.ts'
import { type PreparedNetwork, prepareNetwork } from '../docker/prepared.ts'
import { requireDocker } from '../docker/require.ts'
import type { NetworkAnswer } from '../hub/api.ts'
import type { HubClient } from '../hub/client.ts'
import { planFile } from '../planning.ts'
import { type DockerOptions, dockerRuntime, wanChoice } from '../runtime/docker.ts'
import { reachHub } from '../runtime/docker-network.ts'
import { startReaper } from '../runtime/reaper.ts'
import { describeWan } from '../runtime/wan-report.ts'
import { exitCode, usageError } from './exit.ts'
import { loadScenarioFile } from './library.ts'
import { interruptible } from './one-run.ts'
import { type Output, output } from './output.ts'
import { runsFolder, workingDirectory } from './places.ts'

export interface UpOptions extends DockerOptions {
  readonly project?: string
  readonly seed?: number
  readonly port?: number
  readonly out?: string
}

/** A network of many nodes has few cores for each. */
const healthyWithinMs = (nodes: number): number => Math.max(90_000, 6000 * nodes)
const pollMs = 250

/**
 * Starts the network of a scenario without its timeline and workload and returns when it is healthy: all nodes connected,
 * a first block final at every validator and a first block farmed at every farmer. It stays until `down`. Resolves to the exit code.
 */
export async function upCommand(scenario: string | undefined, options: UpOptions): Promise<number> {
  const file = scenario === undefined ? defaultScenario() : loadScenarioFile(scenario, workingDirectory())
  const wan = wanChoice(options.wan)
  const plan = planFile(file, dockerRuntime({ wan }), options.seed ?? randomInt(2 ** 31))
  const project = options.project ?? defaultProject
  const out = output(false)
  const folder = join(runsFolder(options.out), networksFolder, project)
  return interruptible(out, async ({ signal, cause }) => {
    const reaper = startReaper()
    const engine = dockerEngine({
      onStart: (identity) => reaper.watch(identity, true),
      onExit: ({ pid }) => reaper.release(pid),
    })
    try {
      await requireDocker(engine, options.subnet)
      await refuseSecond(engine, project)
      const image = await ensureImage(engine, { say: out.note, signal })
      const network = await prepareNetwork({
        engine,
        plan,
        seized: [],
        project,
        subnet: options.subnet,
        folder,
        image,
        wan,
        homes: null,
        healthEveryS: 5,
        apiPort: options.port ?? (project === defaultProject ? ports.controller : 0),
      })
      reaper.runAtEnd(network.downCommand)
      const answer = await start(engine, network, plan, signal, out).catch((error: unknown) => ({ error }))
      const isUp = answer !== null && 'network' in answer
      if (!isUp) {
        await network.down()
        forgetFiles(folder)
      }
      reaper.forgetCommands()
      if (!isUp && signal.aborted) {
        out.note(`interrupted by ${cause()}: everything is removed again`)
        return exitCode.interrupted as number
      }
      if (!isUp) throw answer?.error
      for (const line of summary(answer.network, answer.api)) out.say(line)
      return exitCode.pass as number
    } finally {
      await reaper.close()
    }
  })
}

/** Below the folder of runs: the files of networks that `up` started, until `down`. */
export const networksFolder = '.networks'

/** Of a network that is no more. */
export function forgetFiles(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  try {
    rmdirSync(dirname(folder))
  } catch {
    // The files of others are in it.
  }
}

async function refuseSecond(engine: Engine, project: string): Promise<void> {
  const there = await listContainers(engine, project)
  if (there.length === 0) return
  const named = project === defaultProject ? '' : ` --project ${project}`
  throw usageError(
    `the network ${project} is there already (${there.length} containers; groundwork ps${named}); groundwork down${named} removes it, --project names another`,
  )
}

interface Healthy {
  readonly network: NetworkAnswer
  readonly api: string
}

/** null: interrupted. */
async function start(
  engine: Engine,
  network: PreparedNetwork,
  plan: Plan,
  signal: AbortSignal,
  out: Output,
): Promise<Healthy | null> {
  out.note(
    `starting ${plan.nodes.length} nodes, a router and the controller's API: project ${network.project}`,
  )
  let hub: HubClient | null = null
  try {
    await network.up(signal)
    hub = await reachHub(await listContainers(engine, network.project), signal)
    const answer =
      hub === null
        ? null
        : await healthy(hub, engine, network.project, healthyWithinMs(plan.nodes.length), signal)
    if (hub !== null && answer !== null) {
      return { network: answer, api: `http://${hub.address.host}:${hub.address.port}` }
    }
    return null
  } finally {
    hub?.close()
  }
}

async function healthy(
  hub: HubClient,
  engine: Engine,
  project: string,
  withinMs: number,
  signal: AbortSignal,
): Promise<NetworkAnswer | null> {
  const endMs = performance.now() + withinMs
  for (let looks = 1; !signal.aborted; looks++) {
    const answer = await hub.network()
    if (answer !== null && answer.wan !== null && answer.nodes.every((node) => isReady(node, answer)))
      return answer
    if (performance.now() > endMs) throw new CodedError('NETWORK_START', notHealthy(answer, withinMs))
    // Now and then: a container that ended will not become healthy by waiting.
    if (looks % 20 === 0) await refuseDead(engine, project)
    await delay(pollMs, undefined, { signal }).catch(() => {})
  }
  return null
}

function isReady(
  { role, state, height, peers }: NetworkAnswer['nodes'][number],
  { nodes }: NetworkAnswer,
): boolean {
  return (
    state === 'up' && height > 0 && peers.length >= nodes.filter((other) => other.role === role).length - 1
  )
}

async function refuseDead(engine: Engine, project: string): Promise<void> {
  const dead = (await listContainers(engine, project)).find(({ state }) => state === 'exited')
  if (dead === undefined) return
  const said = await engine.run(['logs', '--tail', '3', dead.id], { withErrors: true })
  const words = said.trim().split('\n').join(' | ').slice(-400)
  throw new CodedError(
    'NETWORK_START',
    `${dead.node ?? dead.role} ended with code ${dead.exitCode}; its log ends: ${words || '(empty)'}`,
  )
}

function notHealthy(answer: NetworkAnswer | null, withinMs: number): string {
  const within = `the network was not healthy within ${withinMs / 1000} s`
  if (answer === null) return `${within}: the controller's API does not answer`
  if (answer.wan === null) return `${within}: the WAN router does not answer`
  const states = answer.nodes.map(
    ({ name, state, height, peers }) => `${name} ${state}, ${peers.length} peers, height ${height}`,
  )
  return `${within}: ${states.join('; ')}`
}

function summary({ project, nodes, wan }: NetworkAnswer, api: string): string[] {
  const regions = [...Map.groupBy(nodes, ({ region }) => region)]
  return [
    `${project} is up: ${regions.map(([region, own]) => `${countOf(own)} in ${region}`).join(', ')}`,
    ...(wan === null ? [] : [`emulated: ${describeWan(wan)}`]),
    `API: ${api}/v1/network; next: groundwork ps, groundwork fault partition --groups ${nodes[0]?.name},rest --for 20s, groundwork down`,
  ]
}

/** `3`, or `3 and 2 farmers`. */
function countOf(nodes: NetworkAnswer['nodes']): string {
  const farmers = nodes.filter(({ role }) => role === 'farmer').length
  if (farmers === 0) return `${nodes.length}`
  const shown = `${farmers} farmer${farmers === 1 ? '' : 's'}`
  return farmers === nodes.length ? shown : `${nodes.length - farmers} and ${shown}`
}
