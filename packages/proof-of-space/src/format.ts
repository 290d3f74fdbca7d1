import {
  ascii,
  type Bytes,
  CodedError,
  concat,
  decode,
  encode,
  equal,
  type Hash,
} from '@groundwork/primitives'
import { maxK, minK, plotIdBytes } from './parameters.ts'
import type { Arranged } from './plotting/arrange.ts'

/**
 * A plot file, version 1: the header, table 7, table 6 and so on to table 2, SHA-256 of everything before. The header is
 * big-endian: magic, version (u16), k (u8), plot id (32 bytes), entries of table 2 to 7 (u32 each), a zero byte. Tables
 * are little-endian words, three per entry of table 7 (f7 and two positions in table 6), two per entry of the others.
 */
export interface PlotHeader {
  readonly plotId: Hash
  readonly k: number
  /** Of table 2 to 7. */
  readonly entryCounts: readonly number[]
}

export const headerBytes = 68
export const checksumBytes = 32
const version = 1
/** Like PNG's: mangled by whatever takes the file for text. */
const magic: Bytes = concat(Uint8Array.of(0x89), ascii('GWPLOT\n'))

export function entryWords(table: number): number {
  return table === 7 ? 3 : 2
}

/** Where the tables lie, and how long the whole file is. */
export interface Layout {
  /** In bytes, by table; 0 and 1 are not there. */
  readonly offsets: readonly number[]
  readonly fileBytes: number
}

export function layoutOf({ entryCounts }: PlotHeader): Layout {
  const offsets = new Array<number>(8).fill(0)
  let offset = headerBytes
  for (let table = 7; table >= 2; table--) {
    offsets[table] = offset
    offset += 4 * entryWords(table) * (entryCounts[table - 2] as number)
  }
  return { offsets, fileBytes: offset + checksumBytes }
}

/** About what a plot takes on the disk, and never less but for a stroke of luck. */
export function estimatedFileBytes(k: number): number {
  return Math.ceil(52 * 2 ** k)
}

/** A whole file but for the content of its tables and the checksum, which are zero. */
export interface Blank {
  readonly image: Uint8Array<ArrayBuffer>
  /** Views of the image. */
  readonly tables: Arranged
}

export function blankPlot(header: PlotHeader): Blank {
  const { offsets, fileBytes } = layoutOf(header)
  const image = new Uint8Array(fileBytes)
  image.set(encodeHeader(header))
  const view = (table: number) =>
    new Uint32Array(
      image.buffer,
      offsets[table],
      entryWords(table) * (header.entryCounts[table - 2] as number),
    )
  return { image, tables: { tables: [2, 3, 4, 5, 6].map(view), last: view(7) } }
}

function encodeHeader({ plotId, k, entryCounts }: PlotHeader): Bytes {
  return encode((out) => {
    out.fixed(magic, magic.length)
    out.u16(version)
    out.u8(k)
    out.fixed(plotId, plotIdBytes)
    for (const count of entryCounts) out.u32(count)
    out.u8(0)
  })
}

/** Throws `PLOT_FOREIGN` or `PLOT_VERSION`; `bytes` are the first of a file, at most `headerBytes`. */
export function decodeHeader(bytes: Bytes): PlotHeader {
  if (!equal(bytes.subarray(0, magic.length), magic)) {
    throw new CodedError('PLOT_FOREIGN', 'not a plot file of this program')
  }
  if (bytes.length < headerBytes) {
    throw new CodedError('PLOT_TRUNCATED', `${bytes.length} bytes are less than a header`)
  }
  return decode(bytes, (from) => {
    from.fixed(magic.length)
    const found = from.u16()
    if (found !== version) {
      throw new CodedError('PLOT_VERSION', `a plot file of version ${found}, this program reads ${version}`)
    }
    const k = from.u8()
    const plotId = from.fixed(plotIdBytes)
    const entryCounts = Array.from({ length: 6 }, () => from.u32())
    const rest = from.u8()
    if (k < minK || k > maxK || rest !== 0) {
      throw new CodedError('PLOT_CORRUPT', 'the header of the plot file is damaged')
    }
    return { plotId, k, entryCounts }
  })
}

/** Tables are read and written as they lie in memory. */
export function requireLittleEndian(): void {
  if (new Uint8Array(Uint32Array.of(1).buffer)[0] !== 1) {
    throw new CodedError('PLOT_PLATFORM', 'plot files can be used on little-endian machines only')
  }
}
