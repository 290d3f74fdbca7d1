import { columnShift } from '../matching.ts'
import { bucketSize, columnCount, rowCount, shiftCount } from '../parameters.ts'
import { longer, type Scratch, scratch } from './scratch.ts'

/** Entries of a table in the order of their buckets; a bucket spans 15113 values of y. */
export interface Buckets {
  /** Numbers of entries, bucket by bucket. */
  readonly entries: Uint32Array
  /** y modulo the size of a bucket, in the same order. */
  readonly cells: Uint16Array
  /** Where each bucket begins in `entries`; one more than there are buckets. */
  readonly starts: Uint32Array
}

/** Room for the buckets of one table after the other. */
export interface BucketRoom {
  readonly entries: Scratch<Uint32Array>
  readonly cells: Scratch<Uint16Array>
}

export function bucketRoom(): BucketRoom {
  return {
    entries: scratch((length) => new Uint32Array(length)),
    cells: scratch((length) => new Uint16Array(length)),
  }
}

/** By counting; entries of a bucket stay in their order. */
export function bucketsOf(ys: Uint32Array, yBits: number, room: BucketRoom): Buckets {
  const bucketCount = Math.ceil(2 ** yBits / bucketSize)
  const starts = new Uint32Array(bucketCount + 1)
  for (let i = 0; i < ys.length; i++) starts[Math.floor((ys[i] as number) / bucketSize) + 1]!++
  for (let bucket = 0; bucket < bucketCount; bucket++) starts[bucket + 1]! += starts[bucket] as number
  const next = starts.slice(0, bucketCount)
  const entries = room.entries.take(ys.length)
  const cells = room.cells.take(ys.length)
  for (let i = 0; i < ys.length; i++) {
    const y = ys[i] as number
    const bucket = Math.floor(y / bucketSize)
    const at = next[bucket] as number
    next[bucket] = at + 1
    entries[at] = i
    cells[at] = y - bucket * bucketSize
  }
  return { entries, cells, starts }
}

/** Parents of the entries of the next table, as numbers of entries of this one. */
export interface Pairs {
  readonly left: Uint32Array
  readonly right: Uint32Array
}

/**
 * The grid of the right bucket, laid out so that no shift has to wrap: every row twice side by side, and the rows that
 * shifts of the last ones reach again below. A cell holds 1 + the place in the bucket of its newest entry.
 */
const stride: number = 2 * columnCount
const gridCells: number = (rowCount + shiftCount - 1) * stride

/** How far the 64 shifts lie from a cell on that grid, by parity of the left bucket. */
const jumps: readonly Uint16Array[] = [0, 1].map((parity) =>
  Uint16Array.from({ length: shiftCount }, (_, shift) => shift * stride + columnShift(shift, parity)),
)

/** All pairs that match. */
export function findPairs({ entries, cells, starts }: Buckets): Pairs {
  const grid = new Uint16Array(gridCells)
  const largest = largestBucket(starts)
  // By place in the bucket: 1 + that of the entry before with the same y, or 0.
  const previous = new Uint16Array(largest)
  const hits: Hits = {
    left: new Uint32Array(shiftCount * largest),
    right: new Uint16Array(shiftCount * largest),
  }
  let left = new Uint32Array(Math.ceil(1.02 * entries.length) + 1024)
  let right = new Uint32Array(left.length)
  let count = 0
  for (let bucket = 0; bucket + 2 < starts.length; bucket++) {
    const begin = starts[bucket] as number
    const middle = starts[bucket + 1] as number
    const end = starts[bucket + 2] as number
    place(grid, previous, cells, middle, end)
    const hitCount = probe(grid, cells, begin, middle, jumps[bucket & 1] as Uint16Array, hits)
    clear(grid, cells, middle, end)
    for (let hit = 0; hit < hitCount; hit++) {
      let found = hits.right[hit] as number
      while (found !== 0) {
        if (count === left.length) {
          left = longer(left)
          right = longer(right)
        }
        left[count] = entries[hits.left[hit] as number] as number
        right[count] = entries[middle + found - 1] as number
        count++
        found = previous[found - 1] as number
      }
    }
  }
  return { left: left.subarray(0, count), right: right.subarray(0, count) }
}

/** Left entries by their places in the order of buckets, and what the grid holds at one of their shifts. */
interface Hits {
  readonly left: Uint32Array
  readonly right: Uint16Array
}

/** The hot loop: 64 cells for every entry of a table. One in 64 of them is taken. */
function probe(
  grid: Uint16Array,
  cells: Uint16Array,
  from: number,
  to: number,
  offsets: Uint16Array,
  { left, right }: Hits,
): number {
  let count = 0
  for (let i = from; i < to; i++) {
    const start = gridCell(cells[i] as number)
    for (let shift = 0; shift < shiftCount; shift++) {
      const found = grid[start + (offsets[shift] as number)] as number
      if (found !== 0) {
        left[count] = i
        right[count++] = found
      }
    }
  }
  return count
}

function gridCell(cell: number): number {
  return cell + ((cell / columnCount) | 0) * (stride - columnCount)
}

function largestBucket(starts: Uint32Array): number {
  let largest = 0
  for (let bucket = 0; bucket + 1 < starts.length; bucket++) {
    largest = Math.max(largest, (starts[bucket + 1] as number) - (starts[bucket] as number))
  }
  return largest
}

function place(grid: Uint16Array, previous: Uint16Array, cells: Uint16Array, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    const cell = cells[i] as number
    previous[i - from] = grid[gridCell(cell)] as number
    setCell(grid, cell, i - from + 1)
  }
}

function clear(grid: Uint16Array, cells: Uint16Array, from: number, to: number): void {
  for (let i = from; i < to; i++) setCell(grid, cells[i] as number, 0)
}

function setCell(grid: Uint16Array, cell: number, value: number): void {
  const at = gridCell(cell)
  grid[at] = value
  grid[at + columnCount] = value
  const below = at + rowCount * stride
  if (below < gridCells) {
    grid[below] = value
    grid[below + columnCount] = value
  }
}
