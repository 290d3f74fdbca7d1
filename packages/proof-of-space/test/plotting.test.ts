import { fromHex, prng, toHex } from '@groundwork/primitives'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { blankPlot, type PlotHeader } from '../src/format.ts'
import { isMatch } from '../src/matching.ts'
import { memoryRows } from '../src/memory-rows.ts'
import { bucketSize } from '../src/parameters.ts'
import type { Arranged } from '../src/plotting/arrange.ts'
import { bucketRoom, bucketsOf, findPairs } from '../src/plotting/matcher.ts'
import { plot } from '../src/plotting/plot.ts'
import { type Lookup, lookup } from '../src/prover.ts'
import { verify } from '../src/verify.ts'
import { plotIds } from './plots.ts'

const k = 16
const plotId = fromHex(plotIds[1])

interface Made {
  readonly header: PlotHeader
  readonly tables: Arranged
  readonly prover: Lookup
  readonly progress: readonly number[]
}

function make(id: Uint8Array): Made {
  let header: PlotHeader = { plotId: id, k, entryCounts: [] }
  let image = new ArrayBuffer()
  const progress: number[] = []
  const tables = plot({
    plotId: id,
    k,
    allocate: (entryCounts) => {
      header = { ...header, entryCounts }
      const blank = blankPlot(header)
      image = blank.image.buffer
      return blank.tables
    },
    onProgress: (done) => progress.push(done),
  })
  return { header, tables, prover: lookup(k, memoryRows(header, image)), progress }
}

describe('matching by buckets', () => {
  it('finds the pairs that match and no others, equal y included', () => {
    const yBits = 18
    // Few values, so that many are equal; and not too many, because the other side compares all with all.
    const lists = fc.tuple(fc.nat(), fc.integer({ min: 2, max: 600 })).map(([seed, count]) => {
      const random = prng(seed)
      const near = random.below(2 ** yBits)
      return Uint32Array.from({ length: count }, (_, i) =>
        i % 3 === 0 ? (near + 127 * random.below(300)) % 2 ** yBits : random.below(2 ** yBits),
      )
    })
    let found = 0
    fc.assert(
      fc.property(lists, (ys) => {
        const { left, right } = findPairs(bucketsOf(ys, yBits, bucketRoom()))
        const own = [...left].map((entry, i) => `${entry} ${right[i]}`).sort()
        const expected: string[] = []
        for (const [i, l] of ys.entries())
          for (const [j, r] of ys.entries()) if (isMatch(l, r)) expected.push(`${i} ${j}`)
        expect(own).toEqual(expected.sort())
        found += own.length
      }),
      { numRuns: 40 },
    )
    expect(found).toBeGreaterThan(1000)
  })

  it('finds many more pairs than there are entries', () => {
    const partner = Array.from({ length: bucketSize }, (_, cell) => bucketSize + cell).find((y) =>
      isMatch(5, y),
    )
    const ys = new Uint32Array(200).fill(5, 0, 100).fill(partner as number, 100)
    expect(findPairs(bucketsOf(ys, 18, bucketRoom())).left.length).toBe(10_000)
  })
})

describe('a plot of k = 16', () => {
  let made: Made
  beforeAll(() => {
    made = make(plotId)
  })

  it('has about as many proofs as expected, and no entry that none needs', () => {
    const { entryCounts } = made.header
    for (const [i, count] of entryCounts.entries())
      expect(count / 2 ** k, `table ${i + 2}`).toBeGreaterThan(0.7)
    for (const [i, words] of made.tables.tables.entries()) {
      const children = made.tables.tables[i + 1]
      const used = new Set(children ?? made.tables.last.filter((_, word) => word % 3 !== 0))
      expect(used.size, `table ${i + 2}`).toBe(words.length / 2)
    }
  })

  it('is in plot order', () => {
    for (const words of made.tables.tables) {
      for (let i = 2; i < words.length; i += 2) {
        const [a, b] = [words.subarray(i - 2, i), words.subarray(i, i + 2)]
        const difference = Math.max(...a) - Math.max(...b) || Math.min(...a) - Math.min(...b)
        if (difference >= 0) expect.fail(`entry ${i / 2}`)
      }
    }
  })

  it('tells how far it is', () => {
    expect(made.progress.at(-1)).toBe(1)
    expect(made.progress.length).toBeGreaterThan(50)
    expect([...made.progress].sort((a, b) => a - b)).toEqual(made.progress)
    expect(new Set(made.progress).size).toBe(made.progress.length)
  })

  it('proves what it finds, with the quality that it looked up', () => {
    let proofs = 0
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(bytes32, (challenge) => {
        for (const { quality, entry } of made.prover.lookUp(challenge)) {
          const proof = made.prover.prove(entry)
          expect(toHex(verify({ plotId, k, challenge, proof }) ?? new Uint8Array())).toBe(toHex(quality))
          proofs++
        }
      }),
      { numRuns: 1500 },
    )
    expect(proofs).toBeGreaterThan(1000)
  })

  it('proves every entry of table 7 for its f7, and no other challenge finds it', () => {
    const { last } = made.tables
    for (let entry = 0; entry < last.length / 3; entry += 97) {
      const f7 = last[3 * entry] as number
      const challenge = Uint8Array.of(f7 >> 8, f7, ...new Uint8Array(30).fill(entry))
      const found = made.prover.lookUp(challenge)
      expect(found.map((each) => each.entry)).toContain(entry)
      const proof = made.prover.prove(entry)
      expect(verify({ plotId, k, challenge, proof })).toBeDefined()
      const other = Uint8Array.of((f7 + 1) >> 8, f7 + 1, ...new Uint8Array(30).fill(entry))
      expect(made.prover.lookUp(other).map((each) => each.entry)).not.toContain(entry)
      expect(verify({ plotId, k, challenge: other, proof })).toBeUndefined()
    }
  })

  it('is the same again, and another for another id', () => {
    const again = make(plotId)
    expect(again.header).toEqual(made.header)
    expect(again.tables.last).toEqual(made.tables.last)
    expect(again.tables.tables).toEqual(made.tables.tables)
    expect(make(fromHex(plotIds[3])).tables.last).not.toEqual(made.tables.last)
  })
})
