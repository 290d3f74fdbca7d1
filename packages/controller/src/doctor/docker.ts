import { CodedError } from '@groundwork/primitives'
import { listContainers } from '../docker/containers.ts'
import type { Engine } from '../docker/engine.ts'
import { type ImageState, imageState } from '../docker/image.ts'
import { ports } from '../docker/layout.ts'
import { freeSubnet } from '../docker/subnets.ts'
import { listenProblem } from './machine.ts'
import { installDocker, type Platform, startDocker } from './platform.ts'
import { gibibytes, type Probe, type ProbeStatus, probe } from './probe.ts'

/** What `docker info` says of the daemon; only what is used here. */
export interface DaemonInfo {
  readonly ServerVersion: string
  readonly OperatingSystem: string
  readonly KernelVersion: string
  readonly NCPU: number
  readonly MemTotal: number
  readonly MemoryLimit: boolean
  readonly CpuCfsQuota: boolean
  readonly PidsLimit: boolean
}

export interface DockerFindings {
  readonly probes: readonly Probe[]
  /** null: no daemon answers. */
  readonly daemon: DaemonInfo | null
  readonly image: ImageState
}

const daemonTimeoutMs = 10_000

/** Client, daemon, permission, plug-ins, image, addresses. Starts nothing and changes nothing. */
export async function dockerProbes(engine: Engine, system: Platform): Promise<DockerFindings> {
  const client = await attempt(engine, ['--version'])
  if (client instanceof CodedError) {
    return { probes: [dockerProblem('client', client, system)], daemon: null, image: 'absent' }
  }
  const probes: Probe[] = [probe('containers', 'client', 'ok', versionIn(client) ?? client.trim())]
  const info = await attempt(engine, ['info', '--format', '{{json .}}'])
  const daemon = info instanceof CodedError ? null : parseInfo(info)
  if (info instanceof CodedError) probes.push(dockerProblem('daemon', info, system))
  else if (daemon === null) probes.push(dockerProblem('daemon', silent(info), system))
  else probes.push(...daemonProbes(daemon))
  const compose = await attempt(engine, ['compose', 'version', '--short'])
  probes.push(
    compose instanceof CodedError ? dockerProblem('compose', compose, system) : composeProbe(compose, system),
  )
  const buildx = await attempt(engine, ['buildx', 'version'])
  const image = daemon === null ? 'absent' : await imageState(engine).catch((): ImageState => 'absent')
  probes.push(buildxProbe(buildx instanceof CodedError ? null : buildx, image, system))
  if (daemon === null) return { probes, daemon, image }
  probes.push(imageProbe(image))
  probes.push(await subnetProbe(engine))
  probes.push(portProbe(await listenProblem(ports.controller), await listenersOf(engine)))
  return { probes, daemon, image }
}

async function attempt(engine: Engine, args: readonly string[]): Promise<string | CodedError> {
  try {
    return await engine.run(args, { timeoutMs: daemonTimeoutMs })
  } catch (error) {
    if (error instanceof CodedError) return error
    throw error
  }
}

/** `docker info` exits with 0 when the daemon is away, and says why inside. */
function silent(info: string): CodedError {
  const said = /"ServerErrors":\["((?:[^"\\]|\\.)*)"/.exec(info)?.[1] ?? ''
  if (/permission denied/i.test(said)) return new CodedError('DOCKER_PERMISSION', said)
  return new CodedError('DOCKER_DOWN', said || 'the Docker daemon does not answer')
}

/** null if it holds nothing of a daemon. */
export function parseInfo(text: string): DaemonInfo | null {
  try {
    const info = JSON.parse(text) as Partial<DaemonInfo>
    return typeof info.ServerVersion === 'string' && info.ServerVersion !== '' ? (info as DaemonInfo) : null
  } catch {
    return null
  }
}

/** The first number with dots in what a program says of itself. */
export function versionIn(text: string): string | null {
  return /\d+(?:\.\d+)+[^\s,]*/.exec(text)?.[0] ?? null
}

/** One thing that the docker client could not do, and what mends it here. */
export function dockerProblem(name: string, error: CodedError, system: Platform): Probe {
  const of = (detail: string, mend?: string): Probe => probe('containers', name, 'missing', detail, mend)
  switch (error.code) {
    case 'DOCKER_MISSING':
      return of('no docker client in the PATH', installDocker(system))
    case 'DOCKER_DOWN':
      return of('the Docker daemon does not answer', startDocker(system))
    case 'DOCKER_PERMISSION':
      return of('no permission on the Docker socket', 'sudo usermod -aG docker $USER, then log in again')
    case 'DOCKER_COMPOSE':
      return of('Docker Compose v2 is missing', installDocker(system))
    default:
      return of(error.message)
  }
}

const engineMajorMin = 20
const containersMemory = 2 * 2 ** 30

export function daemonProbes(info: DaemonInfo): Probe[] {
  const { ServerVersion: version, OperatingSystem: os, NCPU: cores, MemTotal: memory } = info
  const detail = `${version} on ${os}, ${cores} processors, ${gibibytes(memory)}`
  const old = Number.parseInt(version, 10) < engineMajorMin
  const short = memory < containersMemory
  const small = `${detail}: little memory for seven validators`
  const main = old
    ? probe('containers', 'daemon', 'warn', `${detail}: older than ${engineMajorMin}.10`)
    : short
      ? probe('containers', 'daemon', 'warn', small, 'give Docker more memory (Docker Desktop: Resources)')
      : probe('containers', 'daemon', 'ok', detail)
  const unlimited = [
    ...(info.MemoryLimit ? [] : ['memory']),
    ...(info.CpuCfsQuota ? [] : ['processors']),
    ...(info.PidsLimit ? [] : ['processes']),
  ]
  if (unlimited.length === 0) return [main]
  const limits = `Docker cannot limit ${unlimited.join(' and ')}: one node can starve the others`
  return [main, probe('containers', 'limits', 'warn', limits)]
}

export function composeProbe(text: string, system: Platform): Probe {
  const version = versionIn(text)
  const major = Number.parseInt(version ?? '', 10)
  if (major >= 2) return probe('containers', 'compose', 'ok', version ?? '')
  const detail = `Docker Compose v2 is needed, this is ${version ?? text.trim()}`
  return probe('containers', 'compose', 'missing', detail, installDocker(system))
}

/** Only building an image takes it. */
export function buildxProbe(text: string | null, image: ImageState, system: Platform): Probe {
  if (text !== null) return probe('containers', 'buildx', 'ok', versionIn(text) ?? text.trim())
  const status: ProbeStatus = image === 'current' ? 'warn' : 'missing'
  return probe('containers', 'buildx', status, 'missing: the image cannot be built', installDocker(system))
}

export function imageProbe(image: ImageState): Probe {
  const build = 'groundwork up builds it (some minutes the first time)'
  if (image === 'current') return probe('containers', 'image', 'ok', 'built from these sources')
  if (image === 'stale')
    return probe('containers', 'image', 'ok', 'built from other sources; the next run builds it anew')
  return probe('containers', 'image', 'ok', `not built yet; ${build}`)
}

async function subnetProbe(engine: Engine): Promise<Probe> {
  try {
    const subnet = await freeSubnet(engine)
    return probe('containers', 'subnet', 'ok', `${subnet}.0.0/16 is free`)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return probe('containers', 'subnet', 'missing', error.message, 'docker network prune, or --subnet')
  }
}

/** Projects of ours that publish that port. */
async function listenersOf(engine: Engine): Promise<string[]> {
  const containers = await listContainers(engine).catch(() => [])
  return containers
    .filter(({ published }) => published?.port === ports.controller)
    .map(({ project }) => project)
}

/** `up`: projects that listen there. */
export function portProbe(problem: string | null, up: readonly string[]): Probe {
  const { controller: port } = ports
  if (problem === null) return probe('containers', 'port', 'ok', `127.0.0.1:${port} is free`)
  if (problem === 'EADDRINUSE' && up.length > 0)
    return probe(
      'containers',
      'port',
      'ok',
      `127.0.0.1:${port} is the API of ${up.join(' and ')}, which is up`,
    )
  const detail = `127.0.0.1:${port} cannot be used (${problem}); groundwork run does not need it`
  return probe('containers', 'port', 'warn', detail, 'groundwork up --port 0')
}
