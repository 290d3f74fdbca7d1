/** Whose arithmetic answers: OpenSSL's is faster by several times, and may be missing. */
export type ArithmeticPath = 'openssl' | 'bigint'

/** The arithmetic of large powers. Exponents are not negative, moduli are at least 1. */
export interface Powers {
  /** May change from openssl to bigint if OpenSSL ever refuses. */
  readonly path: ArithmeticPath
  /** base^exponent modulo m. */
  power(base: bigint, exponent: bigint, m: bigint): bigint
  /** a^i * b^j modulo m. */
  powerProduct(a: bigint, i: bigint, b: bigint, j: bigint, m: bigint): bigint
}

/** What needs nothing but the language. */
export const bigIntPowers: Powers = { path: 'bigint', power, powerProduct }

/** base^exponent modulo m, for a non-negative exponent: four bits of it a time. */
export function power(base: bigint, exponent: bigint, m: bigint): bigint {
  const table = [1n, base % m]
  for (let i = 2; i < 16; i++) table.push(((table[i - 1] as bigint) * (table[1] as bigint)) % m)
  let result = 1n
  for (const digit of exponent.toString(16)) {
    for (let i = 0; i < 4; i++) result = (result * result) % m
    if (digit !== '0') result = (result * (table[Number.parseInt(digit, 16)] as bigint)) % m
  }
  return result % m
}

/** 2^exponent modulo m: multiplying is shifting. */
export function powerOfTwo(exponent: bigint, m: bigint): bigint {
  let result = 1n
  for (const digit of exponent.toString(16)) {
    for (let i = 0; i < 3; i++) result = (result * result) % m
    result = ((result * result) << BigInt(Number.parseInt(digit, 16))) % m
  }
  return result
}

/**
 * a^i * b^j modulo m with one chain of squarings for both: two bits of each exponent a time, out of a table of the
 * sixteen products of small powers (Straus).
 */
export function powerProduct(a: bigint, i: bigint, b: bigint, j: bigint, m: bigint): bigint {
  const table = productTable(a % m, b % m, m)
  const [left, right] = [i.toString(4), j.toString(4)]
  const length = Math.max(left.length, right.length)
  const leftDigits = left.padStart(length, '0')
  const rightDigits = right.padStart(length, '0')
  let result = 1n
  for (let at = 0; at < length; at++) {
    if (at > 0) {
      result = (result * result) % m
      result = (result * result) % m
    }
    const index = 4 * Number(leftDigits[at]) + Number(rightDigits[at])
    if (index !== 0) result = (result * (table[index] as bigint)) % m
  }
  return result
}

/** a^i * b^j at 4i + j, for i and j below 4. */
function productTable(a: bigint, b: bigint, m: bigint): readonly bigint[] {
  const table = [1n, b, (b * b) % m]
  table.push(((table[2] as bigint) * b) % m)
  for (let index = 4; index < 16; index++) table.push(((table[index - 4] as bigint) * a) % m)
  return table
}
