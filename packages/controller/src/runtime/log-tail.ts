import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The last bytes of a text file on one line, for an error message; empty if there is no such file. */
export function readTail(path: string, maxBytes: number): string {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch {
    return ''
  }
  try {
    const { size } = fstatSync(descriptor)
    const buffer = Buffer.alloc(Math.min(size, maxBytes))
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8').trim().split('\n').join(' | ')
  } finally {
    closeSync(descriptor)
  }
}

/** Reads what was appended to a growing file of lines since the last call; an unfinished line waits for its end. */
export interface LineFollower {
  read(onLine: (line: string) => void): void
}

export function followLines(path: string): LineFollower {
  const buffer = Buffer.alloc(1 << 16)
  let offset = 0
  let rest: Buffer = Buffer.alloc(0)
  return {
    read: (onLine) => {
      let descriptor: number
      try {
        descriptor = openSync(path, 'r')
      } catch {
        return
      }
      try {
        for (;;) {
          const length = readSync(descriptor, buffer, 0, buffer.length, offset)
          if (length === 0) return
          offset += length
          rest = emitLines(Buffer.concat([rest, buffer.subarray(0, length)]), onLine)
        }
      } finally {
        closeSync(descriptor)
      }
    },
  }
}

function emitLines(bytes: Buffer, onLine: (line: string) => void): Buffer {
  let start = 0
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    if (end > start) onLine(bytes.toString('utf8', start, end))
    start = end + 1
  }
  return Buffer.from(bytes.subarray(start))
}
