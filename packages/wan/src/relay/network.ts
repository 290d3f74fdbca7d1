import { spawn } from 'node:child_process'
import { constants, setPriority } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { assert, CodedError } from '@groundwork/primitives'
import type { NodeName } from '../link-table.ts'
import type { ChangedLink, LiveLinkTable } from '../live-link-table.ts'
import type { Address } from './connection.ts'
import { type RelayPort, type RelayStats, relayHost } from './relays.ts'
import type { Answer, Command } from './wire.ts'

/** The link table between real processes on loopback, in a process of its own. */
export interface RelayNetwork {
  /** What `from` dials to reach `to`. */
  address(from: NodeName, to: NodeName): Address
  /** Where a node really listens; for connections from now on. Without it they are refused. */
  setTarget(name: NodeName, address: Address): void
  /** Resolves when all changes so far are in force. Rejects with a CodedError `relay-exited` or `relay-failed`. */
  settle(): Promise<void>
  stats(): Promise<RelayStats>
  /** Ends the process and all connections. Idempotent. */
  stop(): Promise<void>
  readonly pid: number
  /** Resolves when the process is gone. */
  readonly closed: Promise<RelayExit>
}

export interface RelayExit {
  /** By `stop`. */
  readonly expected: boolean
  /** One line: how it ended and the last thing that it said. */
  readonly detail: string
}

export interface RelayNetworkInit {
  /** Must be for a relay (`capabilities`). Its changes are followed from now on. */
  readonly table: LiveLinkTable
  /** The runtime that runs the relay process; default: the one that runs this. */
  readonly nodePath?: string
  readonly env?: Readonly<Record<string, string>>
}

const stopWithinMs = 2000

/** Starts the relay process and a relay for every ordered pair of the table's nodes. Rejects with a CodedError `relay-exited`. */
export async function startRelays(init: RelayNetworkInit): Promise<RelayNetwork> {
  const { table } = init
  assert(table.capabilities.interpreter === 'relay', 'the link table must be made for a relay')
  const child = spawn(
    init.nodePath ?? process.execPath,
    [fileURLToPath(new URL('./main.ts', import.meta.url))],
    {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...init.env },
    },
  )
  favour(child.pid)
  const waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = []
  let failure: CodedError | null = null
  let expected = false
  let lastWords = ''

  child.stderr.setEncoding('utf8')
  child.stderr.on('data', (text: string) => {
    lastWords = `${lastWords}${text}`.slice(-2000)
  })
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', (line) => {
    waiting.shift()?.resolve(JSON.parse(line) as Answer)
  })

  const closed = new Promise<RelayExit>((resolve) => {
    const end = (how: string): void => {
      const words = lastWords.split('\n').find((line) => line.includes('Error')) ?? ''
      const detail = `the relay process ended (${how})${words === '' ? '' : `: ${words.trim()}`}`
      failure ??= new CodedError('relay-exited', detail)
      for (const { reject } of waiting.splice(0)) reject(failure)
      stopFollowing()
      resolve({ expected, detail })
    }
    child.once('error', (error) => end(error.message))
    child.once('close', (code, signal) => end(signal ?? `exit ${code}`))
  })

  const ask = async (command: Command): Promise<Answer> => {
    if (failure !== null) throw failure
    child.stdin.write(`${JSON.stringify(command)}\n`)
    const answer = await new Promise<Answer>((resolve, reject) => waiting.push({ resolve, reject }))
    if (answer.kind === 'failed') throw new CodedError('relay-failed', `the relay process: ${answer.message}`)
    return answer
  }

  let settled: Promise<unknown> = Promise.resolve()
  const tell = (command: Command): void => {
    // Answers come in order: the last stands for all, and a failure stays.
    settled = Promise.all([settled, ask(command)])
    settled.catch(() => {})
  }

  const stopFollowing = table.onChange((links) => tell({ kind: 'links', links }))
  const stop = async (): Promise<void> => {
    expected ||= failure === null
    child.stdin.end()
    const late = setTimeout(() => child.kill('SIGKILL'), stopWithinMs)
    await closed
    clearTimeout(late)
  }

  const ports = new Map<string, number>()
  try {
    const opened = await ask({ kind: 'open', links: fullTable(table) })
    for (const { from, to, port } of portsOf(opened)) ports.set(`${from}\n${to}`, port)
  } catch (error) {
    await stop()
    throw error
  }

  return {
    pid: child.pid as number,
    closed,
    address(from, to) {
      const port = ports.get(`${from}\n${to}`)
      assert(port !== undefined, `no relay ${from} > ${to}`)
      return { host: relayHost, port }
    },
    setTarget: (name, address) => tell({ kind: 'target', name, address }),
    async settle() {
      await settled
    },
    async stats() {
      const answer = await ask({ kind: 'stats' })
      assert(answer.kind === 'stats', 'stats were asked for')
      return answer.stats
    },
    stop,
  }
}

/** A link must not wait for a processor behind the nodes that it joins. Only root may ask for that. */
function favour(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_HIGHEST)
  } catch {
    // how late messages are is measured either way
  }
}

function portsOf(answer: Answer): readonly RelayPort[] {
  assert(answer.kind === 'opened', 'ports were asked for')
  return answer.ports
}

function fullTable(table: LiveLinkTable): ChangedLink[] {
  return table.nodes.flatMap((from) =>
    table.nodes.filter((to) => to !== from).map((to) => ({ from, to, link: table.link(from, to) })),
  )
}
