import { CodedError } from './error.ts'

export type Bytes = Uint8Array
/** 32 bytes. */
export type Hash = Uint8Array
/** Lower-case hexadecimal; used as a map key and in JSON. */
export type Hex = string

export const zeroHash: Hash = new Uint8Array(32)

const hexDigitCodes: readonly number[] = [...'0123456789abcdef'].map((digit) => digit.charCodeAt(0))
const hexChunk = 2048

/** One flat string: adding digit by digit would keep a tree of pieces for as long as the string lives. */
export function toHex(bytes: Bytes): Hex {
  let hex = ''
  for (let start = 0; start < bytes.length; start += hexChunk) {
    const length = Math.min(hexChunk, bytes.length - start)
    const codes = new Array<number>(2 * length)
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i] as number
      codes[2 * i] = hexDigitCodes[byte >> 4] as number
      codes[2 * i + 1] = hexDigitCodes[byte & 15] as number
    }
    hex += String.fromCharCode(...codes)
  }
  return hex
}

/** Throws `BYTES_HEX` unless `hex` is an even number of lower-case hexadecimal digits (and `length` bytes, if given). */
export function fromHex(hex: Hex, length?: number): Bytes {
  const bytes = new Uint8Array(hex.length >> 1)
  let isBad = length === undefined ? hex.length % 2 !== 0 : hex.length !== 2 * length
  for (let i = 0; i < bytes.length && !isBad; i++) {
    const high = digit(hex.charCodeAt(2 * i))
    const low = digit(hex.charCodeAt(2 * i + 1))
    isBad = high < 0 || low < 0
    bytes[i] = (high << 4) | low
  }
  if (isBad) {
    const expected =
      length === undefined ? 'lower-case hexadecimal' : `${length} bytes in lower-case hexadecimal`
    throw new CodedError('BYTES_HEX', `expected ${expected}, got "${hex.slice(0, 80)}"`)
  }
  return bytes
}

function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  return code >= 97 && code <= 102 ? code - 87 : -1
}

export function concat(...parts: readonly Bytes[]): Bytes {
  return concatAll(parts)
}

/** However many: arguments of a call are limited. */
export function concatAll(parts: readonly Bytes[]): Bytes {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

export function equal(a: Bytes, b: Bytes): boolean {
  return a.length === b.length && compare(a, b) === 0
}

/** Lexicographic order; a proper prefix comes first. */
export function compare(a: Bytes, b: Bytes): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** The bytes of a string of ASCII characters. */
export function ascii(text: string): Bytes {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) throw new CodedError('BYTES_ASCII', `expected ASCII, got "${text.slice(0, 80)}"`)
    bytes[i] = code
  }
  return bytes
}

export function isZero(bytes: Bytes): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}
