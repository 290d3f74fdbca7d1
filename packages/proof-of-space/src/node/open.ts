import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { CodedError, type Hash } from '@groundwork/primitives'
import {
  checksumBytes,
  decodeHeader,
  headerBytes,
  layoutOf,
  type PlotHeader,
  requireLittleEndian,
} from '../format.ts'
import { memoryRows } from '../memory-rows.ts'
import { tableCount } from '../parameters.ts'
import { type Lookup, lookup } from '../prover.ts'
import { diskRows, indexEvery } from './disk-rows.ts'
import { fileError } from './files.ts'

export interface OpenOptions {
  /** Where look-ups find the tables (default: memory). From the disk, a look-up blocks for some small reads. */
  readonly tables?: 'memory' | 'disk'
}

export interface Plot extends Lookup {
  readonly file: string
  readonly plotId: Hash
  readonly k: number
  readonly bytes: number
  /** Entries of table 2 to 7. */
  readonly entryCounts: readonly number[]
  /** Of everything before it in the file. */
  readonly checksum: Hash
  /** After this it is not used again. */
  close(): Promise<void>
}

/**
 * Opens a plot file and reads all of it once, to hold it to its checksum. Throws, with the file in the message,
 * `PLOT_FILE` (cannot be read), `PLOT_FOREIGN`, `PLOT_VERSION`, `PLOT_TRUNCATED` (too long as well), `PLOT_CORRUPT`,
 * `PLOT_PLATFORM`.
 */
export async function openPlot(file: string, options: OpenOptions = {}): Promise<Plot> {
  requireLittleEndian()
  const handle = await open(file, 'r').catch((error) => {
    throw fileError(file, error)
  })
  let isKept = false
  try {
    const plot = await opened(file, handle, options.tables ?? 'memory')
    isKept = options.tables === 'disk'
    return plot
  } catch (error) {
    if (!(error instanceof CodedError)) throw fileError(file, error)
    if (error.message.startsWith(file)) throw error
    throw new CodedError(error.code, `${file}: ${error.message}`, error.details)
  } finally {
    if (!isKept) await handle.close()
  }
}

async function opened(file: string, handle: FileHandle, tables: 'memory' | 'disk'): Promise<Plot> {
  const stat = await handle.stat()
  if (!stat.isFile()) {
    const found = stat.isDirectory() ? 'a folder' : 'no ordinary file'
    throw new CodedError('PLOT_FILE', `${found}, expected a plot file`)
  }
  const start = new Uint8Array(headerBytes)
  const { bytesRead } = await handle.read(start, 0, headerBytes, 0)
  const header = decodeHeader(start.subarray(0, bytesRead))
  const { fileBytes } = layoutOf(header)
  if (stat.size !== fileBytes) {
    throw new CodedError('PLOT_TRUNCATED', `has ${stat.size} bytes, its header says ${fileBytes}`)
  }
  const about = { file, ...header, bytes: fileBytes }
  if (tables === 'memory') {
    const image = new Uint8Array(fileBytes)
    const checksum = await readThrough(handle, fileBytes, (bytes, position) => image.set(bytes, position))
    return {
      ...about,
      checksum,
      ...lookup(header.k, memoryRows(header, image.buffer)),
      close: async () => {},
    }
  }
  const indexed = sparseIndex(header)
  const checksum = await readThrough(handle, fileBytes, indexed.take)
  const rows = diskRows({ file, handle, header, index: indexed.index })
  return { ...about, checksum, ...lookup(header.k, rows), close: () => handle.close() }
}

const chunkBytes = 1 << 20

/** Reads the whole file, chunk by chunk; resolves to the checksum, or throws `PLOT_CORRUPT`. */
async function readThrough(
  handle: FileHandle,
  fileBytes: number,
  take: (bytes: Uint8Array, position: number) => void,
): Promise<Hash> {
  const hash = createHash('sha256')
  const chunk = new Uint8Array(Math.min(chunkBytes, fileBytes))
  const body = fileBytes - checksumBytes
  const expected = new Uint8Array(checksumBytes)
  for (let position = 0; position < fileBytes; ) {
    const { bytesRead } = await handle.read(chunk, 0, chunk.length, position)
    if (bytesRead === 0) throw new CodedError('PLOT_TRUNCATED', 'ended while it was read')
    const bytes = chunk.subarray(0, Math.min(bytesRead, fileBytes - position))
    hash.update(bytes.subarray(0, Math.max(0, body - position)))
    for (let i = Math.max(0, body - position); i < bytes.length; i++) {
      expected[position + i - body] = bytes[i] as number
    }
    take(bytes, position)
    position += bytes.length
  }
  if (!hash.digest().equals(expected)) {
    throw new CodedError('PLOT_CORRUPT', 'does not agree with its checksum')
  }
  return expected
}

/** f7 of every 64th entry of table 7, collected while the file goes by. */
function sparseIndex(header: PlotHeader): {
  readonly index: Uint32Array
  take(bytes: Uint8Array, position: number): void
} {
  const count = header.entryCounts[tableCount - 2] as number
  const index = new Uint32Array(Math.ceil(count / indexEvery))
  const bytesOfIndex = new Uint8Array(index.buffer)
  const begin = layoutOf(header).offsets[tableCount] as number
  const step = 12 * indexEvery
  return {
    index,
    take(bytes, position) {
      // An f7 may lie across two chunks, so byte by byte.
      const first = Math.max(0, Math.floor((position - begin) / step))
      for (let i = first; i < index.length; i++) {
        const at = begin + i * step - position
        if (at >= bytes.length) return
        for (let byte = 0; byte < 4; byte++) {
          if (at + byte >= 0 && at + byte < bytes.length)
            bytesOfIndex[4 * i + byte] = bytes[at + byte] as number
        }
      }
    },
  }
}
