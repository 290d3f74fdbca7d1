import { createServer, type Server, type Socket } from 'node:net'
import type { Link, NodeName } from '../link-table.ts'
import type { ChangedLink } from '../live-link-table.ts'
import { type Lateness, type Scheduler, scheduler } from '../timing/scheduler.ts'
import { type Address, type Connection, openConnection } from './connection.ts'
import { type DirectedLink, directedLink } from './directed-link.ts'

/** One listener per ordered pair of nodes, on loopback: what is dialled there reaches the target over their links. */
export interface Relays {
  /** Listens for every link of a full table; once. */
  open(links: readonly ChangedLink[]): Promise<readonly RelayPort[]>
  setTarget(name: NodeName, address: Address): void
  setLinks(links: readonly ChangedLink[]): void
  stats(): RelayStats
}

export interface RelayPort {
  readonly from: NodeName
  readonly to: NodeName
  readonly port: number
}

export interface RelayStats {
  readonly links: readonly LinkStats[]
  readonly connections: number
  /** Of these, how many lost something to a cut and wait to be reset. */
  readonly doomedConnections: number
  /** How late bytes were let go, and how late the event loop came round; since the last time that was asked. */
  readonly lateness: Lateness
  readonly loopLagMsMax: number
}

export interface LinkStats {
  readonly from: NodeName
  readonly to: NodeName
  readonly sentBytes: number
  readonly deliveredBytes: number
  readonly lostBytes: number
}

interface Pair {
  readonly there: DirectedLink
  readonly back: DirectedLink
  readonly connections: Set<Connection>
}

export const relayHost = '127.0.0.1'
const lagEveryMs = 50

export function relays(): Relays {
  const timing = scheduler()
  const lag = loopLag(timing)
  const links = new Map<string, DirectedLink>()
  const pairs = new Map<string, Pair>()
  const targets = new Map<NodeName, Address>()

  const linkOf = (from: NodeName, to: NodeName, link: Link): DirectedLink => {
    const key = keyOf(from, to)
    const known = links.get(key) ?? directedLink(from, to, link, timing)
    links.set(key, known)
    return known
  }

  const accept = (pair: Pair, dialer: Socket): void => {
    const { there, back, connections } = pair
    if (there.link.cut === 'reset' || back.link.cut === 'reset') {
      dialer.on('error', () => {})
      dialer.resetAndDestroy()
      return
    }
    const connection = openConnection({
      scheduler: timing,
      dialer,
      there,
      back,
      target: () => targets.get(there.to),
      closed: () => connections.delete(connection),
    })
    connections.add(connection)
  }

  return {
    open(table) {
      for (const { from, to, link } of table) linkOf(from, to, link)
      return Promise.all(
        table.map(async ({ from, to }) => {
          const there = links.get(keyOf(from, to))
          const back = links.get(keyOf(to, from))
          if (there === undefined || back === undefined) throw new Error(`no link ${to} > ${from}`)
          const pair: Pair = { there, back, connections: new Set() }
          pairs.set(keyOf(from, to), pair)
          const server = createServer({ allowHalfOpen: true }, (dialer) => accept(pair, dialer))
          return { from, to, port: await listen(server) }
        }),
      )
    },
    setTarget: (name, address) => targets.set(name, address),
    setLinks(changed) {
      for (const { from, to, link } of changed) links.get(keyOf(from, to))?.set(link)
      const touched = new Set(changed.flatMap(({ from, to }) => [keyOf(from, to), keyOf(to, from)]))
      for (const key of touched) {
        for (const connection of [...(pairs.get(key)?.connections ?? [])]) connection.linksChanged()
      }
    },
    stats() {
      const connections = [...pairs.values()].flatMap((pair) => [...pair.connections])
      return {
        links: [...links.values()].map(({ from, to, counters }) => ({ from, to, ...counters })),
        connections: connections.length,
        doomedConnections: connections.filter(({ doomed }) => doomed).length,
        lateness: timing.lateness(),
        loopLagMsMax: lag(),
      }
    },
  }
}

function keyOf(from: NodeName, to: NodeName): string {
  return JSON.stringify([from, to])
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, relayHost, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port'))
      else resolve(address.port)
    })
  })
}

/** Returns the longest that a timer was late since it was last asked, ms. */
function loopLag({ now }: Scheduler): () => number {
  let maxMs = 0
  let lastMs = now()
  setInterval(() => {
    maxMs = Math.max(maxMs, now() - lastMs - lagEveryMs)
    lastMs = now()
  }, lagEveryMs)
  return () => {
    const answer = Math.max(maxMs, now() - lastMs - lagEveryMs)
    maxMs = 0
    return answer
  }
}
