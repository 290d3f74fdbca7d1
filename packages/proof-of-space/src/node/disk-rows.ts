import { readSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { CodedError } from '@groundwork/primitives'
import { entryWords, layoutOf, type PlotHeader } from '../format.ts'
import { corruptRow, parentLimit } from '../memory-rows.ts'
import { tableCount } from '../parameters.ts'
import type { Rows } from '../prover.ts'
import { fileError } from './files.ts'

/** One f7 in so many is kept in memory: 16 KB at k = 18. */
export const indexEvery = 64
const lastBytes = 4 * entryWords(tableCount)
/** A stretch of the index and a little more: f7 repeats itself now and then. */
const stretchRows = indexEvery + 8

export interface DiskRowsInit {
  readonly file: string
  /** Held as long as the rows are: a handle that nobody holds is closed. */
  readonly handle: FileHandle
  readonly header: PlotHeader
  /** f7 of every 64th entry of table 7. */
  readonly index: Uint32Array
}

/**
 * The tables on the disk: a look-up reads a stretch of table 7 and, for each proof found, one entry of each table; reads
 * block. Throws `PLOT_FILE` and `PLOT_CORRUPT` if the file changes under it.
 */
export function diskRows({ file, handle, header, index }: DiskRowsInit): Rows {
  const { offsets } = layoutOf(header)
  const proofCount = header.entryCounts[tableCount - 2] as number
  // No DataViews: after some thousand calls, Node 24.21's readSync complains that a DataView is none.
  const stretch = Buffer.alloc(stretchRows * lastBytes)
  const entry = Buffer.alloc(8)
  const at = (table: number, position: number, word: number): number =>
    (offsets[table] as number) + 4 * (entryWords(table) * position + word)

  const read = (buffer: Buffer, bytes: number, position: number): void => {
    let count: number
    try {
      count = readSync(handle.fd, buffer, 0, bytes, position)
    } catch (error) {
      throw fileError(file, error)
    }
    if (count !== bytes) throw new CodedError('PLOT_TRUNCATED', `${file}: ends where a table should be`)
  }

  /** The last entry of the index whose f7 is less, or the first. */
  const before = (f7: number): number => {
    let [low, high] = [0, index.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((index[middle] as number) < f7) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1) * indexEvery
  }

  return {
    proofCount,
    find(f7) {
      let first = -1
      let count = 0
      for (let start = before(f7); start < proofCount; start += stretchRows) {
        const rows = Math.min(stretchRows, proofCount - start)
        read(stretch, rows * lastBytes, at(tableCount, start, 0))
        for (let row = 0; row < rows; row++) {
          const found = stretch.readUInt32LE(row * lastBytes)
          if (found > f7) return { first, count }
          if (found < f7) continue
          if (count === 0) first = start + row
          count++
        }
      }
      return { first, count }
    },
    parents(table, position, to) {
      read(entry, 8, at(table, position, table === tableCount ? 1 : 0))
      const limit = parentLimit(header, table)
      for (const side of [0, 1]) {
        const parent = entry.readUInt32LE(4 * side)
        if (parent > limit) throw corruptRow(table)
        to[side] = parent
      }
    },
  }
}
