const constants: readonly number[] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]
const doubleRounds = 4

/**
 * Writes block `counter` (below 2^32) of the ChaCha8 key stream with a zero nonce to `output`: 16 words, big-endian.
 * The key is 8 words, little-endian as the cipher has them.
 */
export function chacha8Block(key: Int32Array, counter: number, output: Int32Array): void {
  const initial = start
  for (let i = 0; i < 4; i++) initial[i] = constants[i] as number
  for (let i = 0; i < 8; i++) initial[4 + i] = key[i] as number
  initial[12] = counter
  state.set(initial)
  for (let round = 0; round < doubleRounds; round++) {
    quarter(0, 4, 8, 12)
    quarter(1, 5, 9, 13)
    quarter(2, 6, 10, 14)
    quarter(3, 7, 11, 15)
    quarter(0, 5, 10, 15)
    quarter(1, 6, 11, 12)
    quarter(2, 7, 8, 13)
    quarter(3, 4, 9, 14)
  }
  for (let i = 0; i < 16; i++) {
    const word = (state[i] as number) + (initial[i] as number)
    output[i] = (((word << 8) | (word >>> 24)) & 0x00ff_00ff) | (((word << 24) | (word >>> 8)) & 0xff00_ff00)
  }
}

/** Of the block at hand; nothing here is re-entered. Words 13 to 15 stay zero: the counter's upper half and the nonce. */
const start: Int32Array = new Int32Array(16)
const state: Int32Array = new Int32Array(16)

function quarter(i: number, j: number, k: number, l: number): void {
  let a = state[i] as number
  let b = state[j] as number
  let c = state[k] as number
  let d = state[l] as number
  a = (a + b) | 0
  d ^= a
  d = (d << 16) | (d >>> 16)
  c = (c + d) | 0
  b ^= c
  b = (b << 12) | (b >>> 20)
  a = (a + b) | 0
  d ^= a
  d = (d << 8) | (d >>> 24)
  c = (c + d) | 0
  b ^= c
  b = (b << 7) | (b >>> 25)
  state[i] = a
  state[j] = b
  state[k] = c
  state[l] = d
}
