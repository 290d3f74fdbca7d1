import { maxSlotsPerAnswer, type Peer, type PhysicalMessage, type Want } from '@groundwork/physical-core'
import { createRequests, type Requests } from './asked.ts'

export interface Fetcher {
  fetch(want: Want, hint: Peer | null): void
  readonly requests: Requests
}

export interface FetcherInit {
  send(to: Peer, message: PhysicalMessage): void
  connected(): readonly Peer[]
  random(): number
}

/** A block that is missing alone came late; a fork that is missing comes by ranges. */
const ancestors = 15
/** How often somebody else is asked than who should know. */
const elsewhere = 1 / 3

export function createFetcher({ send, connected, random }: FetcherInit): Fetcher {
  const requests = createRequests()
  const choose = (hint: Peer | null): Peer | undefined => {
    const peers = connected()
    if (hint !== null && peers.includes(hint) && random() >= elsewhere) return hint
    return peers[Math.floor(random() * peers.length)]
  }
  return {
    requests,
    fetch(want, hint) {
      const peer = choose(hint)
      if (peer === undefined) return
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
