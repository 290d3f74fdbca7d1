import { CodedError } from '@groundwork/primitives'
import { type Container, listContainers } from './containers.ts'
import type { Engine } from './engine.ts'

/** A network of containers that exists, whoever started it. */
export interface RunningNetwork {
  readonly project: string
  readonly containers: readonly Container[]
}

/** All that there are, by project. */
export async function listNetworks(engine: Engine): Promise<readonly RunningNetwork[]> {
  const containers = await listContainers(engine)
  return [...Map.groupBy(containers, ({ project }) => project)].map(([project, own]) => ({
    project,
    containers: own,
  }))
}

/** The named one, or the only one. Throws a CodedError `USAGE`, one line, if that says none or several. */
export async function theNetwork(engine: Engine, project?: string): Promise<RunningNetwork> {
  const networks = await listNetworks(engine)
  const names = networks.map((network) => network.project).sort()
  if (project !== undefined) {
    const found = networks.find((network) => network.project === project)
    if (found !== undefined) return found
    const there = names.length === 0 ? 'no network is up' : `there are ${names.join(', ')}`
    throw new CodedError('USAGE', `--project ${project}: no such network; ${there}`)
  }
  const [first, second] = networks
  if (first === undefined) {
    throw new CodedError('USAGE', 'no network of containers is up; groundwork up starts one')
  }
  if (second === undefined) return first
  throw new CodedError('USAGE', `several networks are up: say which with --project (${names.join(', ')})`)
}

/** The container of a node, or of `router` or `controller`. Throws a CodedError `USAGE`. */
export function containerNamed({ project, containers }: RunningNetwork, name: string): Container {
  const found = containers.find(({ node, role }) => (node ?? role) === name)
  if (found !== undefined) return found
  const known = containers.map(({ node, role }) => node ?? role).sort(byNumber)
  throw new CodedError('USAGE', `${name}: no such node in ${project}; there are ${known.join(', ')}`)
}

/** `v2` before `v10`. */
export function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
