import { execFileSync } from 'node:child_process'
import { accessSync } from 'node:fs'

/** A router and nodes, each in a network namespace of its own, wired as containers are: one subnet per node. */
export interface NamespaceNetwork {
  /** Namespace of the router. */
  readonly router: string
  readonly nodes: readonly NamespaceNode[]
  /** Runs a command in a namespace; its standard output. */
  run(namespace: string, command: string, ...args: string[]): string
  /** Removes the namespaces, and with them everything in them. Processes in them are the caller's to end. */
  close(): void
}

export interface NamespaceNode {
  readonly name: string
  readonly namespace: string
  readonly address: string
  readonly gateway: string
}

const prefix = 'gw-test-'

/** Why there are no network namespaces here; null if there are. Loud: tests that need them prove nothing without. */
export function namespacesProblem(needed: readonly string[] = []): string | null {
  if (process.getuid?.() !== 0) return skipped('network namespaces need root')
  const missing = ['ip', ...needed].find((program) => !isInstalled(program))
  if (missing !== undefined) return skipped(`${missing} is not installed (packages iproute2, socat)`)
  return null
}

function skipped(reason: string): string {
  console.warn(`NOT TESTED: the emulation of real packets: ${reason}`)
  return reason
}

export function isInstalled(program: string, folders = process.env.PATH ?? ''): boolean {
  return folders.split(':').some((folder) => {
    try {
      accessSync(`${folder}/${program}`)
      return true
    } catch {
      return false
    }
  })
}

let opened = 0

export function namespaceNetwork(names: readonly string[]): NamespaceNetwork {
  removeAbandoned()
  const own = `${prefix}${process.pid}-${++opened}-`
  const router = `${own}router`
  const nodes = names.map((name, i) => ({
    name,
    namespace: `${own}${name}`,
    address: `10.77.${i + 1}.2`,
    gateway: `10.77.${i + 1}.1`,
  }))
  const namespaces = [router, ...nodes.map(({ namespace }) => namespace)]
  const close = (): void => {
    for (const name of existing()) if (namespaces.includes(name)) ip('netns', 'del', name)
  }
  try {
    for (const name of namespaces) ip('netns', 'add', name)
    const links = nodes.map(
      ({ namespace }, i) => `link add eth${i} netns ${router} type veth peer name eth0 netns ${namespace}`,
    )
    batch(null, links)
    batch(router, [
      'link set lo up',
      ...nodes.flatMap((_, i) => [`addr add 10.77.${i + 1}.254/24 dev eth${i}`, `link set eth${i} up`]),
    ])
    for (const { namespace, address, gateway } of nodes) {
      batch(namespace, [
        'link set lo up',
        `addr add ${address}/24 dev eth0`,
        'link set eth0 up',
        `route add default via ${gateway}`,
      ])
    }
  } catch (error) {
    close()
    throw error
  }
  return {
    router,
    nodes,
    run: (namespace, command, ...args) => ip('netns', 'exec', namespace, command, ...args),
    close,
  }
}

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
}

function batch(namespace: string | null, lines: readonly string[]): void {
  const at = namespace === null ? [] : ['-n', namespace]
  execFileSync('ip', [...at, '-batch', '-'], { input: lines.join('\n'), stdio: ['pipe', 'pipe', 'inherit'] })
}

function existing(): string[] {
  return ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] as string)
    .filter((name) => name.startsWith(prefix))
}

/** Of test processes that were killed. */
function removeAbandoned(): void {
  for (const name of existing()) {
    const pid = name.slice(prefix.length).split('-')[0]
    try {
      accessSync(`/proc/${pid}`)
    } catch {
      ip('netns', 'del', name)
    }
  }
}
