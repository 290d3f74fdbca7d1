import type { Bytes } from '@groundwork/primitives'

/**
 * A running 128-bit fingerprint of everything that happened, in order: two runs with equal fingerprints did the same.
 * Fast, and not cryptographic: it compares runs of one program with each other and proves nothing to anyone else.
 */
export interface Audit {
  number(value: number): void
  text(value: string): void
  /** The first eight bytes: enough to tell hashes apart. */
  hash(value: Bytes): void
  /** 32 hexadecimal digits. */
  digest(): string
}

export function audit(): Audit {
  let a = 0x9e37_79b9 | 0
  let b = 0x243f_6a88 | 0
  let c = 0xb7e1_5162 | 0
  let d = 0x1319_8a2e | 0
  const mix = (word: number): void => {
    a = Math.imul(a ^ word, 0x85eb_ca6b)
    a = (a << 13) | (a >>> 19)
    b = Math.imul((b + a) ^ word, 0xc2b2_ae35)
    b = (b << 16) | (b >>> 16)
    c = Math.imul(c ^ (b + word), 0x27d4_eb2f)
    c = (c << 11) | (c >>> 21)
    d = (Math.imul(d + c, 0x1656_67b1) ^ a) | 0
  }
  return {
    number(value) {
      // Times are fractions of a millisecond: keep a microsecond's worth of them.
      const scaled = Math.round(value * 1000)
      mix(scaled | 0)
      mix(Math.floor(scaled / 0x1_0000_0000) | 0)
    },
    text(value) {
      mix(value.length)
      for (let i = 0; i < value.length; i++) mix(value.charCodeAt(i))
    },
    hash(value) {
      for (let i = 0; i < 8; i += 4) {
        mix(
          ((value[i] ?? 0) << 24) |
            ((value[i + 1] ?? 0) << 16) |
            ((value[i + 2] ?? 0) << 8) |
            (value[i + 3] ?? 0),
        )
      }
    },
    digest: () => [a, b, c, d].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join(''),
  }
}
