import { ed25519 } from '@noble/curves/ed25519.js'
import type { Bytes } from './bytes.ts'

export interface KeyPair {
  /** 32 bytes, the RFC 8032 seed. */
  readonly secretKey: Bytes
  /** 32 bytes. */
  readonly publicKey: Bytes
}

/** Signs and verifies: the port through which a core or a host reaches its signature scheme. */
export interface SignatureScheme {
  /** What a run says it used; `stand-in` marks a keyed hash that only a simulation may use. */
  readonly name: 'ed25519' | 'stand-in'
  sign(secretKey: Bytes, message: Bytes): Bytes
  verify(publicKey: Bytes, message: Bytes, signature: Bytes): boolean
}

export function keyPair(secretKey: Bytes): KeyPair {
  return { secretKey, publicKey: ed25519.getPublicKey(secretKey) }
}
