import { sha256 } from '@noble/hashes/sha2.js'
import { ascii, type Bytes, type Hash } from './bytes.ts'
import { assert } from './error.ts'

/** Domains are a fixed set of literals in the code, so this stays small. */
const tags = new Map<string, Bytes>()

/** SHA-256 over a length-prefixed ASCII domain and the concatenated parts. Parts must be self-delimiting or of fixed size. */
export function hash(domain: string, ...parts: readonly Bytes[]): Hash {
  const tag = tags.get(domain) ?? tagOf(domain)
  let length = tag.length
  for (const part of parts) length += part.length
  const input = new Uint8Array(length)
  input.set(tag)
  let offset = tag.length
  for (const part of parts) {
    input.set(part, offset)
    offset += part.length
  }
  return sha256(input)
}

function tagOf(domain: string): Bytes {
  assert(domain.length > 0 && domain.length < 256, `bad hash domain: ${domain}`)
  const tag = new Uint8Array(1 + domain.length)
  tag[0] = domain.length
  tag.set(ascii(domain), 1)
  tags.set(domain, tag)
  return tag
}
