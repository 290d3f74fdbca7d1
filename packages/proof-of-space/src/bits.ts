import type { Bytes } from '@groundwork/primitives'

/** Values of `width` bits (at most 32), top bit first, one behind the other; the last byte is padded with zeros. */
export function packBits(values: ArrayLike<number>, width: number): Bytes {
  const bytes = new Uint8Array(Math.ceil((values.length * width) / 8))
  let at = 0
  let pending = 0
  let pendingBits = 0
  for (let i = 0; i < values.length; i++) {
    // At most 7 + 32 bits: a double holds them.
    pending = pending * 2 ** width + (values[i] as number)
    pendingBits += width
    while (pendingBits >= 8) {
      pendingBits -= 8
      const byte = Math.floor(pending / 2 ** pendingBits)
      bytes[at++] = byte
      pending -= byte * 2 ** pendingBits
    }
  }
  if (pendingBits > 0) bytes[at] = pending * 2 ** (8 - pendingBits)
  return bytes
}

/** The reverse: `values.length` values of `width` bits. */
export function unpackBits(bytes: Bytes, width: number, values: Uint32Array): void {
  let at = 0
  let pending = 0
  let pendingBits = 0
  for (let i = 0; i < values.length; i++) {
    while (pendingBits < width) {
      pending = pending * 256 + (bytes[at++] as number)
      pendingBits += 8
    }
    pendingBits -= width
    const value = Math.floor(pending / 2 ** pendingBits)
    values[i] = value
    pending -= value * 2 ** pendingBits
  }
}
