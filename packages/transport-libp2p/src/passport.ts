import { nodeSignatures } from '@groundwork/host'
import { ascii, type Bytes, concat, hash } from '@groundwork/primitives'
import type { Stream } from '@libp2p/interface'

/**
 * Shown by a peer whom no configuration names: the public key that it speaks for (32 bytes), and that key's signature
 * (64 bytes) over its own peer id and the chain. Of no use to another peer, or to the same one on another chain.
 */
export type Passport = Bytes

export interface PassportSigner {
  /** ed25519, 32 bytes. */
  readonly publicKey: Bytes
  sign(message: Bytes): Bytes
}

const passportBytes = 32 + 64
/** The answer to a passport that is good. */
const welcome = 1

export function passportProtocol(chainTag: string): string {
  return `/groundwork/${chainTag}/passport/1`
}

export function makePassport(signer: PassportSigner, chainTag: string, peerId: string): Passport {
  return concat(signer.publicKey, signer.sign(passportMessage(chainTag, peerId)))
}

/** Total: the key that a passport speaks for, as it says itself; null if it cannot be one. */
export function passportKey(passport: Bytes): Bytes | null {
  return passport.length === passportBytes ? passport.slice(0, 32) : null
}

/** Total. Whether the passport was made for this peer, by the key that it names. */
export function isPassportOf(passport: Bytes, chainTag: string, peerId: string): boolean {
  const key = passportKey(passport)
  return key !== null && nodeSignatures.verify(key, passportMessage(chainTag, peerId), passport.slice(32))
}

/** The dialling side. Rejects unless the peer welcomes it. */
export async function showPassport(stream: Stream, passport: Passport, signal: AbortSignal): Promise<void> {
  const onAbort = (): void => stream.abort(new Error('no longer needed'))
  signal.addEventListener('abort', onAbort)
  try {
    const answer = firstBytes(stream, 1)
    stream.send(passport)
    if ((await answer)?.[0] !== welcome) throw new Error('the passport is refused')
  } finally {
    signal.removeEventListener('abort', onAbort)
    stream.close().catch(() => {})
  }
}

/** The listening side, called as soon as the stream is there. Null: the peer sent something else, or went away. */
export function readPassport(stream: Stream): Promise<Passport | null> {
  return firstBytes(stream, passportBytes)
}

export function welcomePassport(stream: Stream): void {
  stream.send(Uint8Array.of(welcome))
  stream.close().catch(() => {})
}

function passportMessage(chainTag: string, peerId: string): Bytes {
  return hash('groundwork/passport/1', ascii(`${chainTag} ${peerId}`))
}

/** Exactly so many bytes; null if there come more, or fewer before the stream ends. */
function firstBytes(stream: Stream, length: number): Promise<Bytes | null> {
  return new Promise((resolve) => {
    let got: Bytes = new Uint8Array(0)
    stream.addEventListener('message', ({ data }) => {
      if (got.length > length) return
      got = concat(got, data instanceof Uint8Array ? data : data.subarray())
      if (got.length >= length) resolve(got.length === length ? got : null)
    })
    stream.addEventListener('remoteCloseWrite', () => resolve(null))
    stream.addEventListener('close', () => resolve(null))
  })
}
