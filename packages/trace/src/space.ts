/** (2k + 1) 2^(k - 1) for each plot, its expected size; under proof of work (k = 0) all weigh the same. */
export function spaceSize(plots: number, k: number): bigint {
  return BigInt(plots) * (k === 0 ? 1n : BigInt(2 * k + 1) << BigInt(k - 1))
}
