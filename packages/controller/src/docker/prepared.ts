import { randomInt } from 'node:crypto'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '@groundwork/primitives'
import type { Plan, PlannedValidator } from '@groundwork/scenario'
import { writeAtomically } from '../run-folder.ts'
import { type ComposeInit, composeFile, defaultLimits, formatCompose, seizedProfile } from './compose.ts'
import { listContainers } from './containers.ts'
import type { Engine } from './engine.ts'
import { firstSlotMs } from './first-slot.ts'
import { formatNetworkFile, type NetworkFile, networkFile, nodesIn } from './network-file.ts'
import { findNodeUser, type NodeUser } from './node-user.ts'
import { freeSubnet } from './subnets.ts'

/** A network of containers on paper: its files are written, nothing of it is started. */
export interface PreparedNetwork {
  readonly project: string
  /** As planned. */
  readonly file: NetworkFile
  readonly composeFile: string
  /**
   * Creates all containers and starts them, but for those with seized keys; whatever was created stays for `down` if that
   * fails. Resolves to the network file in force: the subnet is another than planned if that was taken meanwhile.
   */
  up(signal: AbortSignal): Promise<NetworkFile>
  /** Removes all of it. Idempotent. */
  down(): Promise<void>
  /** `down` as a command, for whoever outlives us. */
  readonly downCommand: readonly string[]
}

export interface PrepareInit {
  readonly engine: Engine
  readonly plan: Plan
  /** Processes that the timeline begins. */
  readonly seized: readonly PlannedValidator[]
  readonly project: string
  /** Two octets; undefined: free ones. */
  readonly subnet: string | undefined
  /** Gets `network.json` and `compose.yaml`. */
  readonly folder: string
  readonly image: string
  readonly wan: ComposeInit['wan']
  /** null: named volumes; else a folder for each node. */
  readonly homes: ((node: string) => string) | null
  readonly healthEveryS: number | null
  readonly apiPort: number
}

const upRetries = 3
const upTimeoutMs = 180_000
const downTimeoutMs = 60_000
const stopGraceS = 2

/** Throws `DOCKER_*` or `USAGE_*`, one line. */
export async function prepareNetwork(init: PrepareInit): Promise<PreparedNetwork> {
  const { engine, project, folder, homes } = init
  mkdirSync(folder, { recursive: true })
  const owner = homes === null ? { user: null, owner: null } : await findNodeUser(engine)
  if (homes !== null) for (const { name } of nodesIn(init)) makeHome(homes(name), owner)
  let file = writeFiles(init, owner, await freeSubnet(engine, init.subnet))
  const own = ['compose', '--project-name', project]
  const down = () => removeNetwork(engine, project)
  const up = async (signal: AbortSignal, retries: number): Promise<NetworkFile> => {
    try {
      const compose = (...args: readonly string[]): Promise<string> =>
        engine.run([...own, '--file', composePath(folder), ...args], { signal, timeoutMs: upTimeoutMs })
      await compose('up', '--detach', '--no-build', '--quiet-pull')
      const later = init.seized.map(({ name }) => name)
      if (later.length > 0) await compose('--profile', seizedProfile, 'create', '--no-build', ...later)
      return file
    } catch (error) {
      if (!isOverlap(error) || init.subnet !== undefined || retries === 0) throw error
      // Somebody else took it since we looked, such as another network that starts at this moment.
      await down()
      file = writeFiles(init, owner, await freeSubnet(engine, undefined, randomInt))
      return up(signal, retries - 1)
    }
  }
  return {
    project,
    file,
    composeFile: composePath(folder),
    up: (signal) => up(signal, upRetries),
    down,
    downCommand: ['docker', ...own, 'down', '--volumes', '--remove-orphans', '--timeout', `${stopGraceS}`],
  }
}

function composePath(folder: string): string {
  return join(folder, 'compose.yaml')
}

function isOverlap(error: unknown): boolean {
  return error instanceof CodedError && /overlaps/i.test(error.message)
}

function writeFiles(init: PrepareInit, { user }: NodeUser, subnet: string): NetworkFile {
  const { plan, seized, project, folder, homes, wan } = init
  const file = networkFile({ plan, seized, project, subnet, physicalTimeMs: firstSlotMs(plan, Date.now()) })
  const path = join(folder, 'network.json')
  const compose = composeFile({
    file,
    networkFile: path,
    machine: null,
    image: init.image,
    build: null,
    homes: homes === null ? { kind: 'volumes' } : { kind: 'folders', folder: homes },
    user,
    apiPort: init.apiPort,
    tun: wan !== 'netem',
    wan,
    healthEveryS: init.healthEveryS,
    limits: defaultLimits,
  })
  writeAtomically(path, formatNetworkFile(file))
  // Whatever the umask: nobody in a container has the right to read what others may not.
  chmodSync(path, 0o644)
  writeAtomically(
    composePath(folder),
    formatCompose(compose, `Made by groundwork from ${plan.scenario}, seed ${plan.seed}.`),
  )
  return file
}

/** Removes containers, networks and volumes of a project, whoever made them. Idempotent. */
export async function removeNetwork(engine: Engine, project: string): Promise<void> {
  // What is frozen cannot hear that it should end, and Docker waits for it.
  const frozen = (await listContainers(engine, project)).filter(({ state }) => state === 'paused')
  await Promise.all(frozen.map(({ id }) => engine.run(['unpause', id]).catch(() => {})))
  const down = ['down', '--volumes', '--remove-orphans', '--timeout', `${stopGraceS}`]
  await engine.run(['compose', '--project-name', project, ...down], { timeoutMs: downTimeoutMs })
}

function makeHome(path: string, { owner }: NodeUser): void {
  mkdirSync(path, { recursive: true })
  if (owner !== null) chownSync(path, owner, owner)
}
