import { sha256 } from '@noble/hashes/sha2.js'
import { ascii, type Bytes, concat, type Hash } from './bytes.ts'

/** SHA-256 over a length-prefixed ASCII domain and the concatenated parts. Parts must be self-delimiting or of fixed size. */
export function hash(domain: string, ...parts: readonly Bytes[]): Hash {
  const tag = ascii(domain)
  return sha256(concat(Uint8Array.of(tag.length), tag, ...parts))
}
