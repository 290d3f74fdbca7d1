import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
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
  readonly file: NetworkFile
  readonly composeFile: string
  /** Creates and starts all containers; whatever was created stays for `down` if that fails. */
  up(signal: AbortSignal): Promise<void>
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

const upTimeoutMs = 180_000
const downTimeoutMs = 60_000
const stopGraceS = 2
/** The user of the image. */
const imageUser = 1000

/** Throws `DOCKER_*` or `USAGE_*`, one line. */
export async function prepareNetwork(init: PrepareInit): Promise<PreparedNetwork> {
  const { engine, plan, project, folder, homes } = init
  const subnet = await freeSubnet(engine, init.subnet)
  const file = networkFile({ plan, project, subnet })
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'compose.yaml')
  writeAtomically(join(folder, 'network.json'), formatNetworkFile(file))
  if (homes !== null) for (const { name } of plan.nodes) makeHome(homes(name))
  const compose = composeFile({
    file,
    networkFile: join(folder, 'network.json'),
    machine: null,
    image: init.image,
    build: null,
    homes: homes === null ? { kind: 'volumes' } : { kind: 'folders', folder: homes },
    user: homes === null ? null : homeUser(),
    apiPort: init.apiPort,
    tun: init.wan !== 'netem',
    wan: init.wan,
    healthEveryS: init.healthEveryS,
    limits: defaultLimits,
  })
  writeAtomically(
    path,
    formatCompose(compose, `Made by groundwork from ${plan.scenario}, seed ${plan.seed}.`),
  )
  const own = ['compose', '--project-name', project]
  const down = [...own, 'down', '--volumes', '--remove-orphans', '--timeout', `${stopGraceS}`]
  return {
    project,
    file,
    composeFile: path,
    up: async (signal) => {
      const args = [...own, '--file', path, 'up', '--detach', '--no-build', '--quiet-pull']
      await engine.run(args, { signal, timeoutMs: upTimeoutMs })
    },
    down: () => removeNetwork(engine, project),
    downCommand: ['docker', ...down],
  }
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
