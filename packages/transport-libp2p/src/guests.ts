import { type Bytes, type Hex, toHex } from '@groundwork/primitives'
import type { Connection, Stream } from '@libp2p/interface'
import { isPassportOf, type Passport, passportKey, readPassport, welcomePassport } from './passport.ts'

/** Peers whom the configuration does not name, let in by the key that their passport proves: one peer a key. */
export interface Guests {
  /** Whether one more connection of somebody unknown may show a passport. */
  hears(connections: readonly Connection[]): boolean
  onStream(stream: Stream, connection: Connection): void
  /** Sends away whose key is admitted no more. */
  check(): void
}

export interface GuestsInit {
  readonly chainTag: string
  /** Missing: nobody is let in. */
  readonly admits: ((publicKey: Bytes) => boolean) | undefined
  isKnown(peerId: string): boolean
  /** Makes the guest a peer, under this name; false if the name is taken by a peer that is there. */
  welcome(name: Hex, peerId: string): boolean
  dismiss(name: Hex): void
  /** The connection is to be closed. */
  refuse(connection: Connection): void
}

/** Connections of strangers at a time: each is closed when its passport is bad, or if it shows none for a while. */
const strangersMax = 64

export function createGuests(init: GuestsInit): Guests {
  const { chainTag, admits } = init
  const keys = new Map<Hex, Bytes>()

  /** The cheap checks first: a signature is verified only for a key that may come in. */
  const takes = (passport: Passport | null, peerId: string): boolean => {
    const key = passport && passportKey(passport)
    if (passport === null || key === null || admits === undefined || !admits(key)) return false
    if (!isPassportOf(passport, chainTag, peerId)) return false
    const name = toHex(key)
    if (!init.welcome(name, peerId)) return false
    keys.set(name, key)
    return true
  }

  return {
    hears: (connections) =>
      admits !== undefined &&
      connections.filter(({ remotePeer }) => !init.isKnown(remotePeer.toString())).length < strangersMax,
    onStream(stream, connection) {
      const peerId = connection.remotePeer.toString()
      const refuse = (): void => init.refuse(connection)
      readPassport(stream)
        .then((passport) => {
          if (stream.status !== 'open') return
          if (init.isKnown(peerId) || takes(passport, peerId)) welcomePassport(stream)
          else refuse()
        })
        // the line broke while the answer was written
        .catch(refuse)
    },
    check() {
      for (const [name, key] of keys) {
        if (admits?.(key)) continue
        keys.delete(name)
        init.dismiss(name)
      }
    },
  }
}
