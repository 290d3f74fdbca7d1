import type { Bytes } from '@groundwork/primitives'
import { extraBits, metadataWords, tableCount } from '../parameters.ts'
import { firstFunction, tableFunction } from '../table-functions.ts'
import { type Allocate, type Arranged, arrange } from './arrange.ts'
import { bucketRoom, bucketsOf, findPairs, type Pairs } from './matcher.ts'
import { type Scratch, scratch } from './scratch.ts'

/** Above this a plot takes gigabytes while it is made, and y no longer fits the 32 bits that are kept of it. */
export const maxPlotK = 24

export interface PlotInit {
  /** 32 bytes. */
  readonly plotId: Bytes
  /** 16 to 24. */
  readonly k: number
  readonly allocate: Allocate
  /** Told about a hundred times how much is done, from 0 to 1. */
  readonly onProgress?: (done: number) => void
}

/** Makes all tables of a plot in memory. The same id and k give the same tables. */
export function plot({ plotId, k, allocate, onProgress }: PlotInit): Arranged {
  let percent = -1
  const report = (table: number, done: number) => {
    const now = Math.floor((100 * (table - 1 + done)) / tableCount)
    if (now === percent) return
    percent = now
    onProgress?.(now / 100)
  }
  const { levels, f7 } = grow(plotId, k, report)
  const arranged = arrange(k, levels, f7, allocate)
  report(tableCount, 1)
  return arranged
}

interface Table {
  readonly ys: Uint32Array
  readonly metadata: Int32Array
}

interface TableRoom {
  readonly ys: Scratch<Uint32Array>
  readonly metadata: Scratch<Int32Array>
}

function tableRoom(): TableRoom {
  return {
    ys: scratch((length) => new Uint32Array(length)),
    metadata: scratch((length) => new Int32Array(length)),
  }
}

/** Parents of the entries of table 2 to 7, and the results of table 7. */
interface Grown {
  readonly levels: Pairs[]
  readonly f7: Uint32Array
}

function grow(plotId: Bytes, k: number, report: (table: number, done: number) => void): Grown {
  const levels: Pairs[] = []
  const buckets = bucketRoom()
  let [room, nextRoom] = [tableRoom(), tableRoom()]
  let table = firstTable(plotId, k, room)
  for (let number = 2; number <= tableCount; number++) {
    report(number - 1, 0)
    const pairs = findPairs(bucketsOf(table.ys, k + extraBits, buckets))
    table = nextTable(k, number, table, pairs, nextRoom, (done) => report(number - 1, 1 / 4 + done / 2))
    levels.push(pairs)
    ;[room, nextRoom] = [nextRoom, room]
  }
  const f7 = table.ys.map((y) => y >>> extraBits)
  for (const used of [buckets.entries, buckets.cells, ...Object.values(room), ...Object.values(nextRoom)])
    used.free()
  return { levels, f7 }
}

function firstTable(plotId: Bytes, k: number, room: TableRoom): Table {
  const f1 = firstFunction(plotId, k)
  const count = 2 ** k
  const ys = room.ys.take(count)
  const metadata = room.metadata.take(count)
  for (let x = 0; x < count; x++) {
    ys[x] = f1(x)
    metadata[x] = x << (32 - k)
  }
  return { ys, metadata }
}

const reportEvery = 4096

function nextTable(
  k: number,
  number: number,
  { ys, metadata }: Table,
  { left, right }: Pairs,
  room: TableRoom,
  report: (done: number) => void,
): Table {
  const evaluate = tableFunction(k, number)
  const words = metadataWords(k, number - 1)
  const nextWords = metadataWords(k, number)
  const nextYs = room.ys.take(left.length)
  const nextMetadata = room.metadata.take(nextWords * left.length)
  for (let i = 0; i < left.length; i++) {
    const from = left[i] as number
    const to = right[i] as number
    nextYs[i] = evaluate(ys[from] as number, metadata, words * from, words * to, nextMetadata, nextWords * i)
    if (i % reportEvery === 0) report(i / left.length)
  }
  return { ys: nextYs, metadata: nextMetadata }
}
