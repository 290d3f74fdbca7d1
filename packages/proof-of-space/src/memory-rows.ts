import { CodedError } from '@groundwork/primitives'
import { entryWords, layoutOf, type PlotHeader } from './format.ts'
import { tableCount } from './parameters.ts'
import type { Rows } from './prover.ts'

/** The tables of a whole plot file in memory. Throws `PLOT_CORRUPT` if an entry points nowhere or f7 is out of order. */
export function memoryRows(header: PlotHeader, image: ArrayBuffer): Rows {
  const { offsets } = layoutOf(header)
  const tables = offsets.map((offset, table) =>
    table < 2
      ? new Uint32Array()
      : new Uint32Array(image, offset, entryWords(table) * (header.entryCounts[table - 2] as number)),
  )
  requireSound(header, tables)
  const last = tables[tableCount] as Uint32Array
  const proofCount = last.length / 3

  const firstFrom = (f7: number): number => {
    let [low, high] = [0, proofCount]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((last[3 * middle] as number) < f7) low = middle + 1
      else high = middle
    }
    return low
  }

  return {
    proofCount,
    find(f7) {
      const first = firstFrom(f7)
      let end = first
      while (last[3 * end] === f7) end++
      return { first, count: end - first }
    },
    parents(table, position, to) {
      const words = tables[table] as Uint32Array
      const at = table === tableCount ? 3 * position + 1 : 2 * position
      to[0] = words[at] as number
      to[1] = words[at + 1] as number
    },
  }
}

/** The greatest number that an entry of a table may hold as a parent. */
export function parentLimit({ k, entryCounts }: PlotHeader, table: number): number {
  return table === 2 ? 2 ** k - 1 : (entryCounts[table - 3] as number) - 1
}

function requireSound(header: PlotHeader, tables: readonly Uint32Array[]): void {
  for (let table = 2; table < tableCount; table++) {
    const limit = parentLimit(header, table)
    for (const parent of tables[table] as Uint32Array) if (parent > limit) throw corruptRow(table)
  }
  const last = tables[tableCount] as Uint32Array
  const limit = parentLimit(header, tableCount)
  let previous = 0
  for (let i = 0; i < last.length; i += 3) {
    const f7 = last[i] as number
    const isInOrder = f7 >= previous && f7 < 2 ** header.k
    if (!isInOrder || (last[i + 1] as number) > limit || (last[i + 2] as number) > limit) {
      throw corruptRow(tableCount)
    }
    previous = f7
  }
}

export function corruptRow(table: number): CodedError {
  return new CodedError('PLOT_CORRUPT', `table ${table} of the plot file has an entry that cannot be`)
}
