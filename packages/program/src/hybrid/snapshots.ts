import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { snapshotsToKeep } from '@groundwork/hybrid-host'
import { type Bytes, type Hash, toHex } from '@groundwork/primitives'

/** Derived states on disk, by the physical block that they are after: a start derives from one of them, not from genesis. */
export interface Snapshots {
  /** The highest after a block of the best chain, or null. */
  newest(hashAt: (height: number) => Hash | null): Bytes | null
  write(height: number, hash: Hash, bytes: Bytes): void
}

const named = /^(\d{1,15})-([0-9a-f]{64})$/

export function openSnapshots(dir: string): Snapshots {
  mkdirSync(dir, { recursive: true })
  const files = (): { readonly name: string; readonly height: number }[] =>
    readdirSync(dir).flatMap((name) => {
      const match = named.exec(name)
      return match === null ? [] : [{ name, height: Number(match[1]) }]
    })
  const fileOf = (height: number, hash: Hash): string => join(dir, `${height}-${toHex(hash)}`)
  return {
    newest(hashAt) {
      const heights = files().map(({ height }) => height)
      for (const height of heights.sort((a, b) => b - a)) {
        const hash = hashAt(height)
        const file = hash === null ? null : fileOf(height, hash)
        if (file !== null && existsSync(file)) return new Uint8Array(readFileSync(file))
      }
      return null
    },
    write(height, hash, bytes) {
      const file = fileOf(height, hash)
      writeFileSync(`${file}.new`, bytes)
      renameSync(`${file}.new`, file)
      const kept = new Set(snapshotsToKeep(files().map((each) => each.height)))
      for (const { name, height: old } of files())
        if (!kept.has(old)) rmSync(join(dir, name), { force: true })
    },
  }
}
