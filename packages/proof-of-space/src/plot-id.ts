import { type Bytes, encode, type Hash, hash } from '@groundwork/primitives'

/**
 * A plot id that belongs to a farmer's public key (32 bytes): nobody can choose it but by choosing keys or indices.
 * Whoever registers plots has to check that, or `plotSeed`, for what it says.
 */
export function plotIdOf(farmerKey: Bytes, index: number): Hash {
  return hash(
    'groundwork/plot-id/1',
    encode((out) => {
      out.fixed(farmerKey, 32)
      out.u32(index)
    }),
  )
}

/**
 * The part of a plot id that makes the plot: its first 31 bytes. Ids that differ in the last byte only are one and the
 * same plot, so whoever counts space counts plots by this.
 */
export function plotSeed(plotId: Bytes): Bytes {
  return plotId.slice(0, 31)
}

/** The size of a plot in the units of Chia's lottery: (2k + 1) * 2^(k - 1). */
export function expectedSize(k: number): number {
  return (2 * k + 1) * 2 ** (k - 1)
}
