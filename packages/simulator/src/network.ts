import { assert, type Prng } from '@groundwork/primitives'
import type { Message, Peer } from '@groundwork/stake-core'
import { type Link, type LinkState, type LiveLinkTable, linkState, sampleLink } from '@groundwork/wan'
import { type Connections, type ConnectionTiming, connections } from './connections.ts'
import { approximateBytes } from './message-size.ts'
import type { VirtualTime } from './virtual-time.ts'

/** What a process on the network is told. */
export interface Endpoint<M = Message> {
  receive(from: Peer, message: M): void
  peerUp(peer: Peer): void
  peerDown(peer: Peer, reason: string): void
}

/**
 * Directed links between named processes, and the connections over them. A message travels only over a connection that
 * is up, and is lost if its link is cut when it leaves, when it arrives or at any moment in between. Messages are
 * passed by reference: nobody may change one.
 */
export interface SimulatedNetwork<M = Message> {
  readonly names: readonly Peer[]
  indexOf(name: Peer): number
  /** Plugs a started process in: it is connected to whomever it can reach after a handshake. */
  attach(index: number, endpoint: Endpoint<M>): void
  /** The process is gone: its connections are closed. */
  detach(index: number): void
  /** A paused process keeps its connections until the others give it up. */
  setPaused(index: number, paused: boolean): void
  send(from: number, to: number, message: M): void
  broadcast(from: number, message: M): void
  connected(a: number, b: number): boolean
  /** Loses every message that the predicate names, until the result is called. */
  drop(predicate: (from: Peer, to: Peer, message: M) => boolean): () => void
  readonly sent: number
  readonly delivered: number
}

export interface NetworkInit<M = Message> {
  /** Who takes part, of the table's nodes; all by default. */
  readonly names?: readonly Peer[]
  /** Roughly what a message weighs; only links with a rate ask. */
  readonly bytesOf?: (message: M) => number
  readonly table: LiveLinkTable
  readonly time: VirtualTime
  readonly random: Prng
  readonly timing: ConnectionTiming
  /** Whether a connection keeps the order of messages, as TCP does; false is nastier than any real transport. */
  readonly ordered: boolean
}

export function simulatedNetwork(init: NetworkInit): SimulatedNetwork {
  return networkOf({ ...init, bytesOf: init.bytesOf ?? approximateBytes })
}

/** The same for messages of any kind. */
export function networkOf<M>(
  init: NetworkInit<M> & { readonly bytesOf: (message: M) => number },
): SimulatedNetwork<M> {
  const { table, time } = init
  const names = init.names ?? table.nodes
  const size = names.length
  const random = init.random.split('packets')
  const indices = new Map(names.map((name, index) => [name, index]))
  const links: Link[] = names.flatMap((from) => names.map((to) => table.link(from, to)))
  const states: LinkState[] = links.map(() => linkState())
  /** Counts cuts of a link: a message that left in another count is lost. */
  const cuts = new Int32Array(size * size)
  const endpoints: (Endpoint<M> | undefined)[] = names.map(() => undefined)
  const filters = new Set<(from: Peer, to: Peer, message: M) => boolean>()
  let sent = 0
  let delivered = 0

  const indexOf = (name: Peer): number => {
    const index = indices.get(name)
    assert(index !== undefined, `no node ${name}`)
    return index
  }
  const open = (from: number, to: number): boolean => (links[from * size + to] as Link).cut === 'open'
  const pairs: Connections = connections({
    size,
    time,
    random: init.random.split('connections'),
    timing: init.timing,
    open,
    refused: (a, b) => links[a * size + b]?.cut === 'reset' || links[b * size + a]?.cut === 'reset',
    delayMs: (from, to) => (links[from * size + to] as Link).delayMs,
    up: (at, peer) => endpoints[at]?.peerUp(names[peer] as Peer),
    down: (at, peer, reason) => endpoints[at]?.peerDown(names[peer] as Peer, reason),
  })

  table.onChange((changed) => {
    for (const { from, to, link } of changed) {
      if (!indices.has(from) || !indices.has(to)) continue
      const [a, b] = [indexOf(from), indexOf(to)]
      const at = a * size + b
      const was = (links[at] as Link).cut
      links[at] = link
      if (was === 'open' && link.cut !== 'open') {
        cuts[at] = (cuts[at] as number) + 1
        states[at] = linkState()
      }
      pairs.changed(a, b)
    }
  })

  const transmit = (from: number, to: number, message: M): void => {
    const at = from * size + to
    const link = links[at] as Link
    sent++
    if (link.cut !== 'open' || !pairs.up(from, to)) return
    for (const dropped of filters) if (dropped(names[from] as Peer, names[to] as Peer, message)) return
    const cut = cuts[at]
    const receiver = endpoints[to]
    // What a process wrote before it died still arrives; what was on its way to a process that died does not.
    const deliver = (): void => {
      if (cuts[at] !== cut || receiver === undefined || endpoints[to] !== receiver) return
      delivered++
      receiver.receive(names[from] as Peer, message)
    }
    const state = states[at] as LinkState
    if (!init.ordered) state.lastArrivalMs = 0
    const nowMs = time.now()
    const bytes = link.rateMbit > 0 ? init.bytesOf(message) : 0
    for (const { afterMs, corrupt } of sampleLink(link, { bytes, nowMs }, random, state)) {
      // What does not decode is dropped.
      if (!corrupt) time.at(nowMs + afterMs, deliver)
    }
  }

  return {
    names,
    indexOf,
    attach(index, endpoint) {
      endpoints[index] = endpoint
      pairs.arrive(index)
    },
    detach(index) {
      endpoints[index] = undefined
      pairs.leave(index)
    },
    setPaused: (index, paused) => pairs.setPaused(index, paused),
    send: (from, to, message) => transmit(from, to, message),
    broadcast(from, message) {
      for (let to = 0; to < size; to++) if (to !== from) transmit(from, to, message)
    },
    connected: (a, b) => pairs.up(a, b),
    drop(predicate) {
      filters.add(predicate)
      return () => void filters.delete(predicate)
    },
    get sent() {
      return sent
    },
    get delivered() {
      return delivered
    },
  }
}
