import { type Bytes, encode, fromHex, hash, toHex } from '@groundwork/primitives'

/**
 * The RSA-2048 challenge number of RSA Laboratories (2001): 2048 bits, two primes that nobody is known to have. Whoever
 * does have them evaluates in no time.
 */
export const modulus: bigint = BigInt(
  `0x${[
    'c7970ceedcc3b0754490201a7aa613cd73911081c790f5f1a8726f463550bb5b',
    '7ff0db8e1ea1189ec72f93d1650011bd721aeeacc2acde32a04107f0648c2813',
    'a31f5b0b7765ff8b44b4b6ffc93384b646eb09c7cf5e8592d40ea33c80039f35',
    'b4f14a04b51f7bfd781be4d1673164ba8eb991c2c4d730bbbe35f592bdef524a',
    'f7e8daefd26c66fc02c479af89d64d373f442709439de66ceb955f3ea37d5159',
    'f6135809f85334b5cb1813addc80cd05609f10ac6a95ad65872c909525bdad32',
    'bc729592642920f24c61dc5b3c3b7923e56b16a4d9d373d8721f24a3fc0f1b31',
    '31f55615172866bccc30f95054c824e733a5eb6817f7bc16399d48c6361cc7e5',
  ].join('')}`,
)

/** Every encoding of an element has this length. */
export const elementBytes = 256

const half = modulus >> 1n
/** 2304 bits: reducing them modulo N leaves a bias below 2^-255. */
const expandBlocks = 9

/** The representative of {value, -value} that is at most N/2, for any integer. */
export function canonical(value: bigint): bigint {
  const residue = value % modulus
  const positive = residue < 0n ? residue + modulus : residue
  return positive > half ? modulus - positive : positive
}

/** Big-endian, padded to 256 bytes; of any residue below 2^2048. */
export function encodeResidue(value: bigint): Bytes {
  return fromHex(value.toString(16).padStart(2 * elementBytes, '0'), elementBytes)
}

export function decodeResidue(bytes: Bytes): bigint {
  return BigInt(`0x${toHex(bytes)}`)
}

/** Null unless `bytes` are 256 and stand for an integer in (1, N/2]: an input or an output in its only form. */
export function decodeElement(bytes: Bytes): bigint | null {
  const value = decodeCanonical(bytes)
  return value === null || value === 1n ? null : value
}

/** As `decodeElement`, but in [1, N/2]: below 136 iterations the exponent of a proof is zero, and the proof is 1. */
export function decodeCanonical(bytes: Bytes): bigint | null {
  if (!(bytes instanceof Uint8Array) || bytes.length !== elementBytes) return null
  const value = decodeResidue(bytes)
  return value >= 1n && value <= half ? value : null
}

/** Whether `bytes` encode an element that may be an input or an output. */
export function isElement(bytes: Bytes): boolean {
  return decodeElement(bytes) !== null
}

/** Any bytes to a canonical element whose roots nobody knows: 2304 bits of hash modulo N, encoded. */
export function hashToGroup(input: Bytes): Bytes {
  const digest = hash('groundwork/vdf/group/1', input)
  for (let attempt = 0; ; attempt++) {
    const value = canonical(expand(digest, attempt))
    if (value > 1n) return encodeResidue(value)
  }
}

function expand(digest: Bytes, attempt: number): bigint {
  let digits = '0x'
  for (let block = 0; block < expandBlocks; block++) {
    const position = encode((out) => {
      out.u32(attempt)
      out.u8(block)
    })
    digits += toHex(hash('groundwork/vdf/group-block/1', digest, position))
  }
  return BigInt(digits)
}
