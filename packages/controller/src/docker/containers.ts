import { constants } from 'node:os'
import type { CodedError } from '@groundwork/primitives'
import type { Engine, Stream } from './engine.ts'
import { inspectAll } from './inspect.ts'

/** How the containers of an emulated network are told from all others. */
export const labels = {
  project: 'io.groundwork.project',
  role: 'io.groundwork.role',
  node: 'io.groundwork.node',
} as const

/** seized: runs with the keys of a node that somebody has seized, from then on only. */
export type Role = 'router' | 'controller' | 'node' | 'seized'

export interface Container {
  readonly id: string
  readonly name: string
  readonly project: string
  readonly role: Role
  /** Of a node, or of one with seized keys; else null. */
  readonly node: string | null
  readonly image: string
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead' | 'removing'
  readonly exitCode: number
  /** Automatic ones. */
  readonly restarts: number
  /** Where port 8080 is published on this machine; null if it is not. */
  readonly published: { readonly host: string; readonly port: number } | null
  /** Its addresses, by the name of the network. */
  readonly addresses: Readonly<Record<string, string>>
  /** The compose file that it was made from; null if compose does not say. */
  readonly composeFile: string | null
}

interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly RestartCount: number
  readonly Config: { readonly Image: string; readonly Labels: Readonly<Record<string, string>> }
  readonly State: { readonly Status: Container['state']; readonly ExitCode: number }
  readonly NetworkSettings: {
    readonly Ports: Readonly<Record<string, readonly { HostIp: string; HostPort: string }[] | null>> | null
    readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>>
  }
}

/** The containers of one project, or of all projects of ours; dead ones too. Two calls of the docker client at most. */
export async function listContainers(engine: Engine, project?: string): Promise<readonly Container[]> {
  const filter = `label=${labels.project}${project === undefined ? '' : `=${project}`}`
  return (await inspectAll<Inspected>(engine, 'container', ['--filter', filter])).map(container)
}

function container({ Id, Name, RestartCount, Config, State, NetworkSettings }: Inspected): Container {
  const own = Config.Labels
  const bindings = Object.values(NetworkSettings.Ports ?? {}).flatMap((list) => list ?? [])
  const binding = bindings.find(({ HostIp }) => !HostIp.includes(':'))
  const { Status, ExitCode } = State
  return {
    id: Id,
    name: Name.replace(/^\//, ''),
    project: own[labels.project] ?? '',
    role: own[labels.role] as Role,
    node: own[labels.node] ?? null,
    image: Config.Image,
    state: Status,
    exitCode: ExitCode,
    restarts: RestartCount,
    published:
      binding === undefined
        ? null
        : {
            host: binding.HostIp === '0.0.0.0' ? '127.0.0.1' : binding.HostIp,
            port: Number(binding.HostPort),
          },
    addresses: Object.fromEntries(
      Object.entries(NetworkSettings.Networks).map(([name, { IPAddress }]) => [name, IPAddress]),
    ),
    composeFile: own['com.docker.compose.project.config_files'] ?? null,
  }
}

/** The end of a container's program. */
export interface Death {
  readonly id: string
  readonly role: Role
  readonly node: string | null
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Tells of every container of the project whose program ends, from now on. */
export function watchDeaths(engine: Engine, project: string, onDeath: (death: Death) => void): Stream {
  const filters = [`label=${labels.project}=${project}`, 'type=container', 'event=die']
  const since = (Date.now() / 1000).toFixed(3)
  const args = ['events', '--since', since, '--format', '{{json .}}']
  return engine.follow([...args, ...filters.flatMap((filter) => ['--filter', filter])], (line) => {
    const event = parseEvent(line)
    if (event === null) return
    const { ID, Attributes: attributes } = event.Actor
    const role = attributes[labels.role] as Role
    onDeath({ id: ID, role, node: attributes[labels.node] ?? null, ...exitOf(Number(attributes.exitCode)) })
  })
}

interface DockerEvent {
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
}

function parseEvent(line: string): DockerEvent | null {
  try {
    return JSON.parse(line) as DockerEvent
  } catch {
    return null
  }
}

/** As the kernel tells a parent; Docker, like a shell, adds 128 to a signal's number. */
export function exitOf(status: number): Pick<Death, 'code' | 'signal'> {
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0]
  return signal === undefined
    ? { code: status, signal: null }
    : { code: null, signal: signal as NodeJS.Signals }
}

/** Whether an error says that the thing is already as it should be. */
export function isAlready(error: unknown): boolean {
  return /is not running|is not paused|is already paused|already started|No such container/i.test(
    (error as CodedError).message,
  )
}
