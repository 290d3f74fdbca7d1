import { readFileSync } from 'node:fs'
import { type Bytes, fromHex } from '@groundwork/primitives'
import { chacha8 } from '@noble/ciphers/chacha.js'
import { blake3 } from '@noble/hashes/blake3.js'

/** The construction written as it is defined, over strings of bits and with a library's hash and cipher: slow and plain. */
export type Bits = string

export interface Entry {
  readonly y: Bits
  readonly metadata: Bits
}

export function bits(value: number | bigint, width: number): Bits {
  return BigInt(value).toString(2).padStart(width, '0')
}

export function bitsOf(bytes: Bytes): Bits {
  return [...bytes].map((byte) => bits(byte, 8)).join('')
}

export function bytesOf(text: Bits): Bytes {
  const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '0')
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2))
}

export function f1(plotId: Bytes, k: number, x: number): Entry {
  const key = Uint8Array.from([1, ...plotId.subarray(0, 31)])
  const start = BigInt(k) * BigInt(x)
  const block = Number(start / 512n)
  const stream = bitsOf(chacha8(key, new Uint8Array(12), new Uint8Array(128), undefined, block))
  const offset = Number(start % 512n)
  const metadata = bits(x, k)
  return { y: stream.slice(offset, offset + k) + metadata.slice(0, 6), metadata }
}

export function f(k: number, table: number, left: Entry, right: Entry): Entry {
  const digest = bitsOf(blake3(bytesOf(left.y + left.metadata + right.metadata)))
  const y = digest.slice(0, k + 6)
  if (table <= 3) return { y, metadata: left.metadata + right.metadata }
  const length = [4 * k, 3 * k, 2 * k, 0][table - 4] as number
  return { y, metadata: digest.slice(k + 6, k + 6 + length) }
}

export function matches(left: Bits, right: Bits): boolean {
  const [B, C, M] = [119n, 127n, 64n]
  const [l, r] = [BigInt(`0b${left}`), BigInt(`0b${right}`)]
  if (r / (B * C) !== l / (B * C) + 1n) return false
  const parity = (l / (B * C)) % 2n
  const [lr, rr] = [l % (B * C), r % (B * C)]
  let found = 0
  for (let m = 0n; m < M; m++) {
    if (rr === ((lr / C + m) % B) * C + (((2n * m + parity) ** 2n + lr) % C)) found++
  }
  return found === 1
}

/** The 40 lines of chiapos' own `rust-bindings/test_proofs.txt` that are in test/vectors (Chia Network, Apache-2.0). */
export interface Vector {
  readonly plotId: Bytes
  readonly k: number
  readonly challenge: Bytes
  readonly proof: Bytes
  readonly quality: string
}

export const vectors: readonly Vector[] = readFileSync(
  new URL('../../../test/vectors/chiapos-proofs-40.csv', import.meta.url),
  'utf8',
)
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [plotId, k, challenge, proof, quality] = line.split(',') as [string, string, string, string, string]
    return {
      plotId: fromHex(plotId),
      k: Number(k),
      challenge: fromHex(challenge),
      proof: fromHex(proof),
      quality,
    }
  })
