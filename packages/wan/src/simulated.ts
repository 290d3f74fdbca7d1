import { assert, type Prng } from '@groundwork/primitives'
import { type LinkState, linkState, sampleLink } from './link-model.ts'
import type { NodeName } from './link-table.ts'
import type { LiveLinkTable } from './live-link-table.ts'

/** Virtual or other time, in milliseconds. */
export interface LinkClock {
  now(): number
  at(timeMs: number, callback: () => void): void
}

/** The link table in virtual time: each message is delayed, lost, copied by itself. */
export interface SimulatedLinks {
  /**
   * `deliver` is called once per delivery, never before this returns. A message on its way when its link is cut is
   * lost. `refused`: the link is cut by resets, and the sender knows at once.
   */
  send(from: NodeName, to: NodeName, bytes: number, deliver: (corrupt: boolean) => void): 'sent' | 'refused'
  /** Follows the table no longer. */
  close(): void
}

export interface SimulatedLinksInit {
  readonly table: LiveLinkTable
  readonly clock: LinkClock
  readonly random: Prng
}

interface DirectedLink {
  readonly state: LinkState
  readonly random: Prng
  /** Counts the cuts: what left in another count is lost. */
  cuts: number
}

export function simulatedLinks({ table, clock, random }: SimulatedLinksInit): SimulatedLinks {
  const links = new Map<NodeName, Map<NodeName, DirectedLink>>()
  for (const from of table.nodes) {
    const row = table.nodes.map((to): [NodeName, DirectedLink] => [
      to,
      { state: linkState(), random: random.split(`${from} > ${to}`), cuts: 0 },
    ])
    links.set(from, new Map(row))
  }
  const linkOf = (from: NodeName, to: NodeName): DirectedLink => {
    const link = links.get(from)?.get(to)
    assert(link !== undefined, `no link ${from} > ${to}`)
    return link
  }
  const stop = table.onChange((changed) => {
    for (const { from, to, link } of changed) {
      if (link.cut === 'open') continue
      const directed = linkOf(from, to)
      directed.cuts++
      // The sender's queue is lost with what was in it.
      Object.assign(directed.state, linkState())
    }
  })

  return {
    send(from, to, bytes, deliver) {
      const link = table.link(from, to)
      if (link.cut === 'reset') return 'refused'
      const directed = linkOf(from, to)
      const { cuts } = directed
      const nowMs = clock.now()
      for (const { afterMs, corrupt } of sampleLink(
        link,
        { bytes, nowMs },
        directed.random,
        directed.state,
      )) {
        clock.at(nowMs + afterMs, () => {
          if (directed.cuts === cuts) deliver(corrupt)
        })
      }
      return 'sent'
    },
    close: stop,
  }
}
