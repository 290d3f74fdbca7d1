/**
 * The construction is Chia's first proof of space (Chia Proof of Space Construction, v1.1, 2020): seven tables, each
 * entry of which but the first's comes from two entries of the table before that match.
 */

/** Bits of y beyond k. */
export const extraBits = 6
/** The x-values of a proof: the leaves of a tree of six levels. */
export const proofValues = 64
export const tableCount = 7
export const plotIdBytes = 32
export const challengeBytes = 32

/** What `verify` accepts. The reference implementation begins at 18. */
export const minK = 16
export const maxK = 32

/** The parameters of matching: 2^extraBits shifts on a grid of columnCount columns and rowCount rows. */
export const shiftCount = 64
export const rowCount = 119
export const columnCount = 127
export const bucketSize: number = rowCount * columnCount

/** Bits of what an entry of a table hands on to the next, in units of k; by table, from 1. */
const metadataUnits: readonly number[] = [0, 1, 2, 4, 4, 3, 2, 0]

export function metadataBits(k: number, table: number): number {
  return (metadataUnits[table] as number) * k
}

/** 32-bit words that hold the metadata of an entry, left-aligned. */
export function metadataWords(k: number, table: number): number {
  return Math.ceil(metadataBits(k, table) / 32)
}

/** Bytes of a proof: 64 x-values of k bits, without padding. */
export function proofBytes(k: number): number {
  return (proofValues / 8) * k
}
