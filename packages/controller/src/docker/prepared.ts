import { randomInt } from 'node:crypto'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '@groundwork/primitives'
import type { Plan } from '@groundwork/scenario'
import { writeAtomically } from '../run-folder.ts'
import { type ComposeInit, composeFile, defaultLimits, formatCompose } from './compose.ts'
import { listContainers } from './containers.ts'
import type { Engine } from './engine.ts'
import { formatNetworkFile, type NetworkFile, networkFile } from './network-file.ts'
import { freeSubnet } from './subnets.ts'

/** A network of containers on paper: its files are written, nothing of it is started. */
export interface PreparedNetwork {
  readonly project: string
  /** As planned. */
  readonly file: NetworkFile
  readonly composeFile: string
  /**
   * Creates and starts all containers; whatever was created stays for `down` if that fails. Resolves to the network
   * file in force: the subnet is another than planned if that was taken meanwhile.
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
/** The user of the image. */
const imageUser = 1000

/** Throws `DOCKER_*` or `USAGE_*`, one line. */
export async function prepareNetwork(init: PrepareInit): Promise<PreparedNetwork> {
  const { engine, plan, project, folder, homes } = init
  mkdirSync(folder, { recursive: true })
  if (homes !== null) for (const { name } of plan.nodes) makeHome(homes(name))
  let file = writeFiles(init, await freeSubnet(engine, init.subnet))
  const own = ['compose', '--project-name', project]
  const down = () => removeNetwork(engine, project)
  const up = async (signal: AbortSignal, retries: number): Promise<NetworkFile> => {
    try {
      const args = [...own, '--file', composePath(folder), 'up', '--detach', '--no-build', '--quiet-pull']
      await engine.run(args, { signal, timeoutMs: upTimeoutMs })
      return file
    } catch (error) {
      if (!isOverlap(error) || init.subnet !== undefined || retries === 0) throw error
      // Somebody else took it since we looked, such as another network that starts at this moment.
      await down()
      file = writeFiles(init, await freeSubnet(engine, undefined, randomInt))
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

function writeFiles(init: PrepareInit, subnet: string): NetworkFile {
  const { plan, project, folder, homes, wan } = init
  const file = networkFile({ plan, project, subnet })
  const path = join(folder, 'network.json')
  const compose = composeFile({
    file,
    networkFile: path,
    machine: null,
    image: init.image,
    build: null,
    homes: homes === null ? { kind: 'volumes' } : { kind: 'folders', folder: homes },
    user: homes === null ? null : homeUser(),
    apiPort: init.apiPort,
    tun: wan !== 'netem',
    wan,
    healthEveryS: init.healthEveryS,
    limits: defaultLimits,
  })
  writeAtomically(path, formatNetworkFile(file))
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

/** Root writes as the image's user, anybody else as themselves: then the files in the folders are theirs. */
function homeUser(): string | null {
  const uid = process.getuid?.() ?? 0
  return uid === 0 ? null : `${uid}:${process.getgid?.() ?? uid}`
}

function makeHome(path: string): void {
  mkdirSync(path, { recursive: true })
  if (process.getuid?.() === 0) chownSync(path, imageUser, imageUser)
}
