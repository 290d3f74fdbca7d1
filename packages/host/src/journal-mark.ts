import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { type Bytes, CodedError, decode, encode } from '@groundwork/primitives'

/**
 * What a journal is known to have held: kept beside it, written after every sync of the journal. The mark itself is not
 * synced, so it may lag behind the journal, but it never runs ahead: a journal shorter than its mark has lost records
 * that were acted upon.
 */
export interface Mark {
  readonly generation: number
  /** Bytes of the journal that were durable. */
  readonly bytes: number
  /** The highest view, or slot, in which anything was signed. */
  readonly signedUpTo: number
  /** The highest one in which what was signed may have been lost, 0 if nothing ever was. */
  readonly lostUpTo: number
}

export interface MarkFile {
  /** Null if there was none, or if it is unreadable. */
  readonly initial: Mark | null
  write(mark: Mark): void
  sync(): void
  close(): void
}

const markVersion = 1
const fieldBytes = 4 + 4 * 8

export function openMark(path: string): MarkFile {
  const initial = readMark(path)
  const file = openSync(path, initial === null ? 'w' : 'r+')
  return {
    initial,
    write(mark) {
      writeSync(file, encodeMark(mark), 0, undefined, 0)
    },
    sync: () => fsyncSync(file),
    close: () => closeSync(file),
  }
}

function encodeMark(mark: Mark): Bytes {
  const fields = encode((out) => {
    out.u32(markVersion)
    out.u64(mark.generation)
    out.u64(mark.bytes)
    out.u64(mark.signedUpTo)
    out.u64(mark.lostUpTo)
  })
  return encode((out) => {
    out.fixed(fields, fieldBytes)
    out.u32(crc32(fields))
  })
}

function readMark(path: string): Mark | null {
  try {
    const content = readFileSync(path)
    return decode(content, (from) => {
      const version = from.u32()
      const mark = { generation: from.u64(), bytes: from.u64(), signedUpTo: from.u64(), lostUpTo: from.u64() }
      const sound = from.u32() === crc32(content.subarray(0, fieldBytes))
      return sound && version === markVersion ? mark : null
    })
  } catch (error) {
    if (error instanceof CodedError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
