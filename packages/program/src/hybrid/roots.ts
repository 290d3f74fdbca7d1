import { closeSync, constants, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { concat, equal, type Hash } from '@groundwork/primitives'

/**
 * What this node derived, by height: the physical block and the root after it. No more than a memory: a start that has lost
 * its snapshots derives these blocks without checking signatures again, if that leads to the same roots.
 */
export interface Roots {
  known(height: number, hash: Hash): Hash | null
  note(height: number, hash: Hash, root: Hash): void
  close(): void
}

/** Read and written anywhere; made if it is missing, never cut. */
const openFlags = constants.O_RDWR | constants.O_CREAT
const hashBytes = 32
const recordBytes = 2 * hashBytes

/** One file, one record a height; what is torn or of another branch matches no block, and counts for nothing. */
export function openRoots(path: string): Roots {
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, openFlags)
  let isOpen = true
  return {
    known(height, hash) {
      const record = new Uint8Array(recordBytes)
      if (readSync(file, record, 0, recordBytes, height * recordBytes) < recordBytes) return null
      return equal(record.subarray(0, hashBytes), hash) ? record.slice(hashBytes) : null
    },
    note(height, hash, root) {
      writeSync(file, concat(hash, root), 0, recordBytes, height * recordBytes)
    },
    close() {
      if (isOpen) closeSync(file)
      isOpen = false
    },
  }
}
