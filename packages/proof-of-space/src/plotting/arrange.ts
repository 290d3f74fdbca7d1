import type { Pairs } from './matcher.ts'
import { free } from './scratch.ts'

/**
 * Drops entries that no proof needs and puts the others in plot order: an entry by the later of its parents, then by the
 * earlier one. Where a table is in that order, the lesser half of a proof is the one whose entry comes first.
 */
export interface Arranged {
  /** Table 2 to 6: pairs of positions in the table before, of table 2 x-values; the left parent first. */
  readonly tables: readonly Uint32Array[]
  /** Table 7: f7 and two positions in table 6, by f7. */
  readonly last: Uint32Array
}

/** Room for the tables, from the numbers of entries of table 2 to 7. */
export type Allocate = (entryCounts: readonly number[]) => Arranged

/** `levels` are the parents of table 2 to 7, `f7` the results of table 7. The levels are used up: their memory is freed. */
export function arrange(k: number, levels: readonly Pairs[], f7: Uint32Array, allocate: Allocate): Arranged {
  const needed = neededEntries(levels)
  const target = allocate([...needed.map(countOf), f7.length])
  let positions: Uint32Array | null = null
  let parentCount = 2 ** k
  for (const [i, words] of target.tables.entries()) {
    const parents = moved(levels[i] as Pairs, positions)
    const keys = parents.left.map((left, entry) => Math.max(left, parents.right[entry] as number))
    const order = sorted(parents, keys, parentCount, needed[i] as Uint8Array)
    writeParents(parents, order, words, 2, 0)
    positions = new Uint32Array(keys.length)
    for (let position = 0; position < order.length; position++)
      positions[order[position] as number] = position
    parentCount = order.length
    for (const list of [parents.left, parents.right, keys, order]) free(list)
  }
  const parents = moved(levels.at(-1) as Pairs, positions)
  const order = sorted(parents, f7, 2 ** k, null)
  writeParents(parents, order, target.last, 3, 1)
  for (const [position, entry] of order.entries()) target.last[3 * position] = f7[entry] as number
  for (const list of [parents.left, parents.right, order]) free(list)
  return target
}

function countOf(needed: Uint8Array): number {
  let count = 0
  for (let i = 0; i < needed.length; i++) count += needed[i] as number
  return count
}

/** For table 2 to 6: 1 for the entries that table 7 descends from. */
function neededEntries(levels: readonly Pairs[]): Uint8Array[] {
  const needed: Uint8Array[] = []
  let children: Uint8Array | null = null
  for (let i = levels.length - 1; i > 0; i--) {
    const { left, right } = levels[i] as Pairs
    const parents = new Uint8Array((levels[i - 1] as Pairs).left.length)
    for (let entry = 0; entry < left.length; entry++) {
      if (children !== null && children[entry] === 0) continue
      parents[left[entry] as number] = 1
      parents[right[entry] as number] = 1
    }
    needed.unshift(parents)
    children = parents
  }
  return needed
}

/** Parents by their positions instead of their numbers, in place; the positions are used up. */
function moved(pairs: Pairs, positions: Uint32Array | null): Pairs {
  if (positions === null) return pairs
  for (const list of [pairs.left, pairs.right])
    for (let entry = 0; entry < list.length; entry++) list[entry] = positions[list[entry] as number] as number
  free(positions)
  return pairs
}

/** The numbers of the needed entries by key (below `limit`), then later parent, then earlier parent. */
function sorted(pairs: Pairs, keys: Uint32Array, limit: number, needed: Uint8Array | null): Uint32Array {
  const next = new Uint32Array(limit + 1)
  for (let entry = 0; entry < keys.length; entry++) {
    if (needed === null || needed[entry] === 1) next[(keys[entry] as number) + 1]!++
  }
  for (let key = 0; key < limit; key++) next[key + 1]! += next[key] as number
  const order = new Uint32Array(next[limit] as number)
  for (let entry = 0; entry < keys.length; entry++) {
    if (needed !== null && needed[entry] === 0) continue
    const key = keys[entry] as number
    order[next[key]!++] = entry
  }
  // Few entries share a key: they are put in order by insertion.
  for (let i = 1; i < order.length; i++) {
    const entry = order[i] as number
    let at = i
    while (at > 0 && isBefore(pairs, keys, entry, order[at - 1] as number)) {
      order[at] = order[at - 1] as number
      at--
    }
    order[at] = entry
  }
  free(next)
  return order
}

function isBefore({ left, right }: Pairs, keys: Uint32Array, a: number, b: number): boolean {
  if (keys[a] !== keys[b]) return false
  const [aLeft, aRight] = [left[a] as number, right[a] as number]
  const [bLeft, bRight] = [left[b] as number, right[b] as number]
  const later = Math.max(aLeft, aRight) - Math.max(bLeft, bRight)
  return later < 0 || (later === 0 && Math.min(aLeft, aRight) < Math.min(bLeft, bRight))
}

function writeParents(
  { left, right }: Pairs,
  order: Uint32Array,
  words: Uint32Array,
  wordsPerEntry: number,
  at: number,
): void {
  for (let position = 0; position < order.length; position++) {
    const entry = order[position] as number
    words[wordsPerEntry * position + at] = left[entry] as number
    words[wordsPerEntry * position + at + 1] = right[entry] as number
  }
}
