/** base^exponent modulo m, for a non-negative exponent. */
export function power(base: bigint, exponent: bigint, m: bigint): bigint {
  let result = 1n
  for (const bit of exponent.toString(2)) {
    result = (result * result) % m
    if (bit === '1') result = (result * base) % m
  }
  return result % m
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
