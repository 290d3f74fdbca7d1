import { maxSlotsPerAnswer, type Peer, type PhysicalMessage, type Want } from '@groundwork/physical-core'
import { forgetOldest, toHex } from '@groundwork/primitives'
import { createRequests, type Requests } from './asked.ts'

export interface Fetcher {
  fetch(want: Want, hint: Peer | null): void
  readonly requests: Requests
}

export interface FetcherInit {
  send(to: Peer, message: PhysicalMessage): void
  connected(): readonly Peer[]
  random(): number
  /** Monotonic. */
  nowMs(): number
}

/** A block that is missing alone came late; a fork that is missing comes by ranges. */
const ancestors = 15
/** How often somebody else is asked than who should know. */
const elsewhere = 1 / 3
/** The core says at each slot what is missing; an answer may take longer. */
const askAgainMs = 600
const maxAsked = 256

export function createFetcher({ send, connected, random, nowMs }: FetcherInit): Fetcher {
  const requests = createRequests()
  const asked = new Map<string, number>()
  const isEarly = (want: Want): boolean => {
    const key = want.kind === 'block' ? toHex(want.hash) : `${toHex(want.seed)}:${want.to}`
    const now = nowMs()
    if (now - (asked.get(key) ?? Number.NEGATIVE_INFINITY) < askAgainMs) return true
    asked.delete(key)
    asked.set(key, now)
    forgetOldest(asked, maxAsked)
    return false
  }
  const choose = (hint: Peer | null): Peer | undefined => {
    const peers = connected()
    if (hint !== null && peers.includes(hint) && random() >= elsewhere) return hint
    return peers[Math.floor(random() * peers.length)]
  }
  return {
    requests,
    fetch(want, hint) {
      const peer = choose(hint)
      if (peer === undefined || isEarly(want)) return
      if (want.kind === 'block') {
        requests.note(peer, { kind: 'block', hash: want.hash })
        return send(peer, { kind: 'block-request', hash: want.hash, ancestors })
      }
      const { seed, from } = want
      requests.note(peer, { kind: 'slots', seed })
      send(peer, { kind: 'slots-request', seed, from, to: Math.min(want.to, from + maxSlotsPerAnswer - 1) })
    },
  }
}
