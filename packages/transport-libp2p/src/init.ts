import type { Topic, TransportEvents } from '@groundwork/host'
import { type Bytes, CodedError } from '@groundwork/primitives'
import type { Peer } from '@groundwork/stake-core'
import { topicKinds } from './frame.ts'
import type { Limits } from './limits.ts'
import type { Address } from './node.ts'
import type { PassportSigner } from './passport.ts'
import { peerIdOf } from './peer-id.ts'

export interface PeerAddress extends Address {
  readonly name: Peer
  /** Base58, see `peerIdOf`. */
  readonly peerId: string
  /** Whether we dial. Exactly one side of each pair does; the other side's host and port are not used. */
  readonly dial: boolean
}

export interface TransportInit<T extends string = Topic> {
  /** The own name. */
  readonly self: Peer
  /** A 32-byte ed25519 seed, the libp2p identity; not the key of a validator. */
  readonly networkKey: Bytes
  /** An IP address; port 0 takes a free one. Null: takes no connections, only dials. */
  readonly listen: Address | null
  /** Everybody who may connect, beside those whom `admits` lets in. */
  readonly peers: readonly PeerAddress[]
  /** Whose passport is shown to every peer that is dialled: for a node that their configurations do not name. */
  readonly passport?: PassportSigner
  /**
   * Whether a peer that is not listed may be connected: asked with the public key that its passport proves, and again at
   * every heartbeat. Such a peer has the key in hexadecimal digits for a name. Missing: nobody else may.
   */
  readonly admits?: (publicKey: Bytes) => boolean
  readonly events: TransportEvents<T>
  /** What the nodes of this network publish, at most four kinds; by default the stake chain's. */
  readonly topics?: readonly T[]
  /** Topics that gossip carries on, beyond the own peers; others go to each connected peer and no further. By default all. */
  readonly gossiped?: readonly T[]
  /** Up to 64 lower-case hexadecimal digits; keeps the protocols of different chains apart. */
  readonly chainTag: string
  readonly heartbeatMs?: number
  readonly limits?: Partial<Limits>
  /**
   * Whether a published frame is fit to be delivered and forwarded; a refusal is a strike against who passed it on.
   * `ignore`: neither; nobody is blamed.
   */
  readonly acceptGossip?: (topic: T, frame: Bytes) => boolean | 'ignore'
  /** Told of an exception out of `events` or `acceptGossip`; the frame counts as dropped. */
  readonly onError?: (error: unknown) => void
}

/** Throws `TRANSPORT_CONFIG` or `TRANSPORT_KEY` with one line that says what is wrong. */
export function checkInit<T extends string>(init: TransportInit<T>): void {
  const wrong = (message: string): never => {
    throw new CodedError('TRANSPORT_CONFIG', message)
  }
  if (!/^[0-9a-f]{1,64}$/.test(init.chainTag)) {
    wrong(`chainTag must be 1 to 64 lower-case hexadecimal digits, got "${init.chainTag}"`)
  }
  if (init.heartbeatMs !== undefined && !(init.heartbeatMs >= 10)) {
    wrong(`heartbeatMs must be at least 10, got ${init.heartbeatMs}`)
  }
  if ((init.topics?.length ?? 0) > topicKinds.length) wrong(`at most ${topicKinds.length} topics`)
  const names = new Set([init.self])
  const ids = new Set([peerIdOf(init.networkKey)])
  for (const { name, peerId, host, port, dial } of init.peers) {
    if (names.has(name)) wrong(`peer "${name}" is listed twice or is this node itself`)
    if (ids.has(peerId)) wrong(`peer "${name}": peer id ${peerId} is listed twice or is this node's own`)
    if (!/^[1-9A-HJ-NP-Za-km-z]{40,60}$/.test(peerId)) wrong(`peer "${name}": "${peerId}" is not a peer id`)
    if (dial && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
      wrong(`peer "${name}": port must be 1 to 65535, got ${port}`)
    }
    if (dial && !/^[0-9A-Za-z.:_-]+$/.test(host)) wrong(`peer "${name}": "${host}" is not a host`)
    names.add(name)
    ids.add(peerId)
  }
}
