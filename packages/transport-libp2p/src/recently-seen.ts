import { hash } from 'node:crypto'
import type { Bytes } from '@groundwork/primitives'

/** The last `countMax` different contents. */
export interface RecentlySeen {
  /** False: it was there already. */
  add(content: Bytes): boolean
}

export function recentlySeen(countMax: number): RecentlySeen {
  const seen = new Set<string>()
  return {
    add(content) {
      const digest = hash('sha256', content, 'base64')
      if (seen.has(digest)) return false
      seen.add(digest)
      if (seen.size > countMax) for (const oldest of seen.values()) return seen.delete(oldest)
      return true
    },
  }
}
