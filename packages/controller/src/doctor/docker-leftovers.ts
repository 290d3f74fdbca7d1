import { basename, dirname } from 'node:path'
import { type Container, labels, listContainers } from '../docker/containers.ts'
import type { Engine } from '../docker/engine.ts'
import { sourcesLabel } from '../docker/image.ts'
import { inspectAll } from '../docker/inspect.ts'
import { type RunState, runState } from '../run-owner.ts'

/** Everything that carries the label of one project. */
export interface DockerProject {
  readonly name: string
  readonly containers: readonly Pick<Container, 'id' | 'state' | 'composeFile'>[]
  readonly networks: readonly Labelled[]
  readonly volumes: readonly Labelled[]
  /** Of the run that made it; null if no run did. */
  readonly run: RunState | null
}

export interface Labelled {
  readonly name: string
  readonly project: string
  readonly createdMs: number
}

/** Every project of ours, also those of which only a network or a volume is left. */
export async function dockerProjects(engine: Engine): Promise<DockerProject[]> {
  const containers = await listContainers(engine)
  const networks = await labelled(engine, 'network')
  const volumes = await labelled(engine, 'volume')
  const names = new Set([...containers, ...networks, ...volumes].map(({ project }) => project))
  return [...names].sort().map((name) => {
    const of = <T extends { readonly project: string }>(list: readonly T[]): T[] =>
      list.filter(({ project }) => project === name)
    const own = of(containers)
    return { name, containers: own, networks: of(networks), volumes: of(volumes), run: runOf(name, own) }
  })
}

/** Made by `groundwork run`. */
const runProject = /^groundwork-run-[0-9a-f]+$/
/** What is younger may be part of a network that is being made. */
const youngMs = 120_000

/** `<run folder>/docker/compose.yaml` */
function runOf(name: string, containers: readonly Pick<Container, 'composeFile'>[]): RunState | null {
  const [file] = containers.flatMap(({ composeFile }) => composeFile ?? [])
  const isRun = runProject.test(name)
  if (file === undefined || basename(dirname(file)) !== 'docker') return isRun ? 'unknown' : null
  const state = runState(dirname(dirname(file)))
  return isRun || state !== 'unknown' ? state : null
}

/**
 * Why a project is left alone; null if it is a leftover. A run's is in use while its controller lives. Any other belongs
 * to a person, who takes it down: also when it is stopped, for it can be started again.
 */
export function inUseBy(
  { name, containers, networks, volumes, run }: DockerProject,
  nowMs: number,
): string | null {
  if (run === 'going-on') return 'a run goes on in it'
  const newestMs = Math.max(0, ...[...networks, ...volumes].map(({ createdMs }) => createdMs))
  if (containers.length === 0 || run === 'unknown') {
    return nowMs - newestMs < youngMs ? 'it is less than two minutes old: somebody may be making it' : null
  }
  if (run !== null) return null
  const running = containers.some(({ state }) => ['running', 'paused', 'restarting'].includes(state))
  return `it ${running ? 'is up' : 'is stopped'}: groundwork down --project ${name} removes it`
}

async function labelled(engine: Engine, kind: 'network' | 'volume'): Promise<Labelled[]> {
  const filters = ['--filter', `label=${labels.project}`]
  return readLabelled(await inspectAll<Inspected>(engine, kind, filters))
}

export interface Inspected {
  readonly Name: string
  readonly Labels: Readonly<Record<string, string>> | null
  /** Of a network. */
  readonly Created?: string
  /** Of a volume. */
  readonly CreatedAt?: string
}

/** From `docker network inspect` and `docker volume inspect`. */
export function readLabelled(inspected: readonly Inspected[]): Labelled[] {
  return inspected.map(({ Name, Labels, Created, CreatedAt }) => ({
    name: Name,
    project: Labels?.[labels.project] ?? '',
    createdMs: Date.parse(Created ?? CreatedAt ?? '') || 0,
  }))
}

/** Of earlier sources: the name went to a newer one. Those of a container that exists are left out. */
export async function danglingImages(engine: Engine): Promise<string[]> {
  const filters = ['dangling=true', `label=${sourcesLabel}`].flatMap((filter) => ['--filter', filter])
  const listed = await engine.run(['images', '-q', '--no-trunc', ...filters])
  const ids = [...new Set(listed.split('\n').filter(Boolean))]
  const users = await Promise.all(ids.map((id) => engine.run(['ps', '-aq', '--filter', `ancestor=${id}`])))
  return ids.filter((_, i) => users[i]?.trim() === '')
}
