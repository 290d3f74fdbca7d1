import { rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Plan } from '@groundwork/scenario'
import type { Engine } from '../docker/engine.ts'
import { removeNetwork } from '../docker/prepared.ts'
import { judgeAgain } from '../judge-again.ts'
import { dropDisks } from '../node-files.ts'
import { openRunFolder } from '../run-folder.ts'
import { isAlive, type ProcessIdentity, signalProcess } from '../runtime/process-identity.ts'
import { type DockerProject, dockerProjects } from './docker-leftovers.ts'
import type { Leftover } from './leftovers.ts'

export interface Cleaning {
  readonly name: string
  /** What was done. */
  readonly done: string
  /** Why it is still there; null if it is not. */
  readonly problem: string | null
}

/** Removes leftovers; what is in use only if `force`. Goes on after a failure. `engine`: null only if no leftover is Docker's. */
export async function clean(
  leftovers: readonly Leftover[],
  engine: Engine | null,
  force: boolean,
): Promise<Cleaning[]> {
  const cleanings: Cleaning[] = []
  for (const leftover of leftovers) {
    if (leftover.inUse !== null && !force) continue
    const { name } = leftover
    try {
      cleanings.push({ name, done: await remove(leftover, engine), problem: null })
    } catch (error) {
      const problem = error instanceof Error ? (error.message.split('\n')[0] ?? '') : `${error}`
      cleanings.push({ name, done: 'failed', problem })
    }
  }
  return cleanings
}

async function remove(leftover: Leftover, engine: Engine | null): Promise<string> {
  switch (leftover.kind) {
    case 'process':
      await endProcess(leftover.identity)
      return 'ended'
    case 'network':
      if (engine !== null) await removeProject(engine, leftover.project)
      return 'removed'
    case 'images':
      // One that a container still uses stays until that is gone.
      await engine?.run(['rmi', ...leftover.ids])
      return 'removed'
    case 'run': {
      const verdict = judgeKilled(leftover.path)
      return `judged: ${verdict}`
    }
    case 'files':
      rmSync(leftover.path, { recursive: true, force: true })
      removeIfEmpty(dirname(leftover.path))
      return 'removed'
  }
}

const graceMs = 1000

/** A frozen process must run to hear that it should end. */
async function endProcess(identity: ProcessIdentity): Promise<void> {
  signalProcess(identity, 'SIGTERM')
  signalProcess(identity, 'SIGCONT')
  for (const end = Date.now() + graceMs; isAlive(identity) && Date.now() < end; ) await delay(20)
  signalProcess(identity, 'SIGKILL')
  for (const end = Date.now() + graceMs; isAlive(identity) && Date.now() < end; ) await delay(20)
  if (isAlive(identity)) throw new Error('it cannot be ended')
}

/** Compose first, which knows in which order; then whatever it does not know of. */
async function removeProject(engine: Engine, { name }: DockerProject): Promise<void> {
  await removeNetwork(engine, name)
  const left = (await dockerProjects(engine)).find((project) => project.name === name)
  if (left === undefined) return
  const containers = left.containers.map(({ id }) => id)
  const networks = left.networks.map((network) => network.name)
  const volumes = left.volumes.map((volume) => volume.name)
  if (containers.length > 0) await engine.run(['rm', '--force', ...containers])
  if (networks.length > 0) await engine.run(['network', 'rm', ...networks])
  if (volumes.length > 0) await engine.run(['volume', 'rm', ...volumes])
}

/** What it recorded stays and gets a verdict; the nodes' disks go, as after any other run. */
function judgeKilled(path: string): string {
  const { verdict, plan } = judgeAgain(path)
  dropDisks(openRunFolder(path), plan as Pick<Plan, 'nodes' | 'timeline'>)
  return verdict
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path)
  } catch {
    // The files of others are in it.
  }
}
