import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { networksFolder } from '../cli/up-command.ts'
import type { Engine } from '../docker/engine.ts'
import { runFolders, runState } from '../run-owner.ts'
import type { ProcessIdentity } from '../runtime/process-identity.ts'
import { type DockerProject, danglingImages, dockerProjects, inUseBy } from './docker-leftovers.ts'
import { orphans } from './processes.ts'

/** Something of ours that outlived what it was made for; or that is in use, and is then left alone. */
export type Leftover = {
  /** A project, a run folder, a process: whatever it is called. */
  readonly name: string
  readonly detail: string
  /** Why it stays; null: it is of no use to anybody. */
  readonly inUse: string | null
} & (
  | { readonly kind: 'network'; readonly project: DockerProject }
  | { readonly kind: 'images'; readonly ids: readonly string[] }
  | { readonly kind: 'process'; readonly identity: ProcessIdentity }
  | { readonly kind: 'run' | 'files'; readonly path: string }
)

/** Looks for what is ours and nobody else's: by our labels, by our programs, in our folder of runs. */
export async function findLeftovers(engine: Engine | null, base: string): Promise<Leftover[]> {
  const projects = engine === null ? [] : await dockerProjects(engine)
  const images = engine === null ? [] : await danglingImages(engine)
  return [
    ...orphans().map(
      ({ identity, what }): Leftover => ({
        kind: 'process',
        name: `process ${identity.pid}`,
        detail: what,
        inUse: null,
        identity,
      }),
    ),
    ...projects.map(
      (project): Leftover => ({
        kind: 'network',
        name: project.name,
        detail: contents(project),
        inUse: inUseBy(project, Date.now()),
        project,
      }),
    ),
    ...(images.length === 0
      ? []
      : [
          {
            kind: 'images',
            name: images.length === 1 ? '1 image' : `${images.length} images`,
            detail: 'of earlier sources, without a name',
            inUse: null,
            ids: images,
          } satisfies Leftover,
        ]),
    ...killedRuns(base),
    ...(engine === null ? [] : forgottenFiles(base, new Set(projects.map(({ name }) => name)))),
  ]
}

function contents({ containers, networks, volumes }: DockerProject): string {
  const counts = [
    [containers.length, 'container'],
    [networks.length, 'network'],
    [volumes.length, 'volume'],
  ] as const
  return counts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`)
    .join(', ')
}

function killedRuns(base: string): Leftover[] {
  return runFolders(base)
    .filter((path) => runState(path) === 'killed')
    .map((path) => ({
      kind: 'run',
      name: path,
      detail: 'a run whose controller was killed: it has no verdict',
      inUse: null,
      path,
    }))
}

/** What `up` wrote for networks that are gone. */
function forgottenFiles(base: string, projects: ReadonlySet<string>): Leftover[] {
  let names: string[]
  try {
    names = readdirSync(join(base, networksFolder))
  } catch {
    return []
  }
  return names
    .filter((name) => !projects.has(name))
    .map((name) => ({
      kind: 'files',
      name: join(base, networksFolder, name),
      detail: 'files of a network that is not there',
      inUse: null,
      path: join(base, networksFolder, name),
    }))
}
