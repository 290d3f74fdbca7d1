import { bucketSize, columnCount, rowCount, shiftCount } from './parameters.ts'

/** Whether two y match: right's bucket follows left's, and right lies at one of left's 64 shifts on the bucket's grid. */
export function isMatch(left: number, right: number): boolean {
  const bucket = Math.floor(left / bucketSize)
  if (Math.floor(right / bucketSize) !== bucket + 1) return false
  const from = left - bucket * bucketSize
  const to = right - (bucket + 1) * bucketSize
  const rows = Math.floor(to / columnCount) - Math.floor(from / columnCount)
  const shift = rows < 0 ? rows + rowCount : rows
  return shift < shiftCount && to % columnCount === (columnShift(shift, bucket % 2) + from) % columnCount
}

/** Columns that shift `shift` goes to the right in a bucket of this parity. */
export function columnShift(shift: number, parity: number): number {
  return (2 * shift + parity) ** 2 % columnCount
}
