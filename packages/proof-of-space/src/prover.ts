import { assert, type Bytes, type Hash } from '@groundwork/primitives'
import { packBits } from './bits.ts'
import { challengeBytes, proofValues, tableCount } from './parameters.ts'
import { qualityIndex, qualityOf, targetOf } from './quality.ts'

/** The entries of a plot, wherever they lie. */
export interface Rows {
  /** Entries of table 7. */
  readonly proofCount: number
  /** The entries of table 7 with this f7: the first of them, and how many. */
  find(f7: number): { readonly first: number; readonly count: number }
  /** Writes an entry's parents to `to`: positions in the table before, of table 2 x-values; the left one first. */
  parents(table: number, position: number, to: Uint32Array): void
}

export interface Found {
  readonly quality: Hash
  /** For `prove`. */
  readonly entry: number
}

export interface Lookup {
  /** The qualities of all proofs for a challenge of 32 bytes: about one on average. */
  lookUp(challenge: Bytes): readonly Found[]
  /** A whole proof: 8k bytes. */
  prove(entry: number): Bytes
}

export function lookup(k: number, rows: Rows): Lookup {
  const pair = new Uint32Array(2)

  /** From an entry of table 7 down to the one pair of x-values that the challenge asks for. */
  const quality = (challenge: Bytes, entry: number): Hash => {
    const index = qualityIndex(challenge)
    rows.parents(tableCount, entry, pair)
    for (let table = tableCount - 1; table >= 2; table--) {
      const [left, right] = pair as unknown as [number, number]
      const isLater = ((index >> (table - 2)) & 1) === 1
      rows.parents(table, isLater ? Math.max(left, right) : Math.min(left, right), pair)
    }
    const [left, right] = pair as unknown as [number, number]
    return qualityOf(challenge, k, Math.min(left, right), Math.max(left, right))
  }

  return {
    lookUp(challenge) {
      assert(challenge.length === challengeBytes, `a challenge of ${challenge.length} bytes`)
      const { first, count } = rows.find(targetOf(challenge, k))
      return Array.from({ length: count }, (_, i) => ({
        quality: quality(challenge, first + i),
        entry: first + i,
      }))
    },
    prove(entry) {
      assert(Number.isInteger(entry) && entry >= 0 && entry < rows.proofCount, `no entry ${entry}`)
      let positions = Uint32Array.of(entry)
      for (let table = tableCount; table >= 2; table--) {
        const parents = new Uint32Array(2 * positions.length)
        for (const [i, position] of positions.entries()) {
          rows.parents(table, position, pair)
          parents.set(pair, 2 * i)
        }
        positions = parents
      }
      assert(positions.length === proofValues, 'a proof has 64 values')
      return packBits(positions, k)
    },
  }
}
