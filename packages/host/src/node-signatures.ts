import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import {
  type Bytes,
  forgetOldest,
  isCanonicalPublicKey,
  isCanonicalSignature,
  type SignatureScheme,
} from '@groundwork/primitives'

// DER headers of RFC 8410: a PKCS #8 private key and an SPKI public key, each followed by 32 bytes.
const privateKeyHeader = Buffer.from('302e020100300506032b657004220420', 'hex')
const publicKeyHeader = Buffer.from('302a300506032b6570032100', 'hex')

const maxKeys = 1024

/**
 * Ed25519 by OpenSSL: RFC 8032, cofactorless. Non-canonical or small-order A and R are refused before OpenSSL is asked,
 * because its releases differ there. Key objects are kept: making one costs as much as verifying.
 */
export function createNodeSignatures(): SignatureScheme {
  const privateKeys = boundedMap<KeyObject>(16)
  const publicKeys = boundedMap<KeyObject>(maxKeys)

  const privateKey = (secretKey: Bytes): KeyObject => {
    const name = binary(secretKey)
    const known = privateKeys.get(name)
    if (known !== undefined) return known
    const key = Buffer.concat([privateKeyHeader, secretKey])
    return privateKeys.set(name, createPrivateKey({ key, format: 'der', type: 'pkcs8' }))
  }
  const publicKeyObject = (publicKey: Bytes): KeyObject => {
    const name = binary(publicKey)
    const known = publicKeys.get(name)
    if (known !== undefined) return known
    const key = Buffer.concat([publicKeyHeader, publicKey])
    return publicKeys.set(name, createPublicKey({ key, format: 'der', type: 'spki' }))
  }

  return {
    name: 'ed25519',
    sign: (secretKey, message) => new Uint8Array(sign(null, message, privateKey(secretKey))),
    verify(publicKey, message, signature) {
      if (!isCanonicalPublicKey(publicKey) || !isCanonicalSignature(signature)) return false
      return verify(null, message, publicKeyObject(publicKey), signature)
    },
  }
}

export const nodeSignatures: SignatureScheme = createNodeSignatures()

interface BoundedMap<T> {
  get(key: string): T | undefined
  set(key: string, value: T): T
}

/** Forgets the oldest entry beyond `max`. */
function boundedMap<T>(max: number): BoundedMap<T> {
  const entries = new Map<string, T>()
  return {
    get: (key) => entries.get(key),
    set(key, value) {
      entries.set(key, value)
      forgetOldest(entries, max)
      return value
    },
  }
}

/** One character a byte: a cheap map key. */
function binary(bytes: Bytes): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
