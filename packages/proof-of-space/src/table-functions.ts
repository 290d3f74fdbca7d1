import type { Bytes } from '@groundwork/primitives'
import { blake3Block } from './blake3.ts'
import { chacha8Block } from './chacha8.ts'
import { extraBits, metadataBits } from './parameters.ts'

/** y of an x. Ascending x are cheapest. */
export type FirstFunction = (x: number) => number

/**
 * y of an entry from y of its left parent and the metadata of both, which begins at word `left` and word `right` of
 * `metadata`. The entry's own metadata is written to `to`, from word `at` on.
 */
export type TableFunction = (
  y: number,
  metadata: Int32Array,
  left: number,
  right: number,
  to: Int32Array,
  at: number,
) => number

/** f1: k bits of the key stream at bit k * x, then the top bits of x. Only 31 bytes of the plot id are in the key. */
export function firstFunction(plotId: Bytes, k: number): FirstFunction {
  const bytes = new Uint8Array(32)
  bytes[0] = 1
  bytes.set(plotId.subarray(0, 31), 1)
  const view = new DataView(bytes.buffer)
  const key = Int32Array.from({ length: 8 }, (_, i) => view.getInt32(4 * i, true))
  const block = new Int32Array(16)
  let counter = -1
  const word = (index: number): number => {
    const wanted = Math.floor(index / 16)
    if (wanted !== counter) {
      chacha8Block(key, wanted, block)
      counter = wanted
    }
    return block[index % 16] as number
  }
  return (x) => {
    // Beyond 32 bits from k = 28 on: no shifts here.
    const bit = k * x
    const first = Math.floor(bit / 32)
    const shift = bit % 32
    let top = word(first) << shift
    if (shift + k > 32) top |= word(first + 1) >>> (32 - shift)
    return (top >>> (32 - k)) * 2 ** extraBits + Math.floor(x / 2 ** (k - extraBits))
  }
}

/** Nothing here is re-entered. */
const digest: Int32Array = new Int32Array(8)

/** ft for table 2 to 7. Of table 7 there is no metadata, and only the top k bits of y count. */
export function tableFunction(k: number, table: number): TableFunction {
  const yBits = k + extraBits
  const yShift = 32 - yBits
  const parentBits = metadataBits(k, table - 1)
  const parentWords = Math.ceil(parentBits / 32)
  const inputBits = yBits + 2 * parentBits
  const inputWords = Math.ceil(inputBits / 32)
  const inputBytes = Math.ceil(inputBits / 8)
  const ownBits = metadataBits(k, table)
  const ownWords = Math.ceil(ownBits / 32)
  const lastMask = -1 << (-ownBits & 31)
  const isConcatenation = table <= 3
  // Its own: what lies behind its words stays zero.
  const input = new Int32Array(16)

  return (y, metadata, left, right, to, at) => {
    for (let i = 0; i < inputWords; i++) input[i] = 0
    if (yShift >= 0) input[0] = y << yShift
    else {
      const high = Math.floor(y / 2 ** -yShift)
      input[0] = high
      input[1] = (y - high * 2 ** -yShift) << (32 + yShift)
    }
    append(metadata, left, parentWords, input, 0, yBits)
    append(metadata, right, parentWords, input, 0, yBits + parentBits)
    blake3Block(input, inputBytes, digest)

    if (isConcatenation) {
      for (let i = 0; i < ownWords; i++) to[at + i] = 0
      append(metadata, left, parentWords, to, at, 0)
      append(metadata, right, parentWords, to, at, parentBits)
    } else if (ownWords > 0) {
      const first = yBits >> 5
      const shift = yBits & 31
      for (let i = 0; i < ownWords; i++) {
        const high = (digest[first + i] as number) << shift
        to[at + i] = shift === 0 ? high : high | ((digest[first + i + 1] as number) >>> (32 - shift))
      }
      to[at + ownWords - 1]! &= lastMask
    }
    const top = (digest[0] as number) >>> 0
    return yShift >= 0 ? top >>> yShift : top * 2 ** -yShift + ((digest[1] as number) >>> (32 + yShift))
  }
}

/** Adds left-aligned words (zero behind their bits) at a bit offset behind word `at`; the target is zero from there on. */
function append(
  from: Int32Array,
  start: number,
  words: number,
  to: Int32Array,
  at: number,
  offset: number,
): void {
  let target = at + (offset >> 5)
  const shift = offset & 31
  if (shift === 0) {
    for (let i = 0; i < words; i++) to[target++] = from[start + i] as number
    return
  }
  for (let i = 0; i < words; i++) {
    const word = from[start + i] as number
    to[target++]! |= word >>> shift
    // What spills is all zero where the target ends.
    const spilled = word << (32 - shift)
    if (spilled !== 0) to[target] = spilled
  }
}
