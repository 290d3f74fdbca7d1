import { readFileSync } from 'node:fs'
import { linkTable, parseRegionTable, type RegionDelays, shortestDelays } from '@groundwork/wan'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const csv = readFileSync(new URL('../../../netem/regions.csv', import.meta.url), 'utf8')

const pairs = (delays: RegionDelays): [string, string][] =>
  Object.keys(delays).flatMap((from) => Object.keys(delays).map((to): [string, string] => [from, to]))

describe('the table of 13 regions', () => {
  const delays = parseRegionTable(csv)
  const delay = (from: string, to: string): number => delays[from]?.[to] as number

  test('is complete, with a diagonal of 0', () => {
    expect(pairs(delays)).toHaveLength(169)
    for (const [from, to] of pairs(delays)) {
      if (from === to) expect(delay(from, to)).toBe(0)
      else expect(delay(from, to)).toBeGreaterThan(0)
    }
  })

  test('keeps rows and columns apart', () => {
    expect(delay('Oregon', 'Singapore')).toBe(84)
    expect(delay('Singapore', 'Oregon')).toBe(81)
  })

  test('is not symmetric for the pairs that the README lists, and no others', () => {
    const skewed = pairs(delays).filter(([a, b]) => a < b && delay(a, b) !== delay(b, a))
    expect(skewed.map((pair) => pair.join(' '))).toEqual([
      'Canada N_California',
      'Canada Seoul',
      'Oregon Singapore',
      'Ireland S_Paulo',
      'Seoul Tokyo',
    ])
  })

  test('is no metric: 24 pairs are faster through others', () => {
    const nodes = Object.keys(delays).map((region) => ({ name: region, region }))
    const shortest = shortestDelays(linkTable({ nodes, regions: delays }))
    const names = Object.keys(delays)
    const via = (from: string, to: string): number =>
      shortest[names.indexOf(from)]?.[names.indexOf(to)] as number
    expect(pairs(delays).filter(([from, to]) => via(from, to) < delay(from, to))).toHaveLength(24)
    expect(via('Frankfurt', 'Sydney')).toBe(122)
  })
})

describe('bad tables are refused in one line that says where', () => {
  test.each([
    ['', 'line 1: empty'],
    ['From/to', 'line 1: no regions'],
    ['f,A,A\nA,0,1', 'line 1: region A appears twice'],
    ['f,A,\nA,0,1', 'line 1: a region without a name'],
    ['f,A,B\nA,0,1\nC,1,0', 'line 3: region "C" is not in the header'],
    ['f,A,B\nA,0,1\n\nA,0,1', 'line 4: region A has a second row'],
    ['f,A,B\nA,0\nB,1,0', 'line 2: 1 delays for A; expected 2'],
    ['f,A,B\nA,0,fast\nB,1,0', 'line 2: column B: "fast" is not a delay'],
    ['f,A,B\nA,0,-1\nB,1,0', 'line 2: column B: "-1" is not a delay'],
    ['f,A,B\nA,0,\nB,1,0', 'line 2: column B: "" is not a delay'],
    ['f,A,B\nA,0,1', 'line 1: region B has a column but no row'],
  ])('%j', (text, message) => {
    expect(() => parseRegionTable(text)).toThrow(
      expect.objectContaining({ code: 'region-table', message: expect.stringContaining(message) }),
    )
  })

  test('whatever the text, a table or one line', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .array(fc.array(fc.constantFrom('A', 'B', 'f', '0', '1.5', '-', ''), { maxLength: 4 }))
        .map((rows) => rows.map((row) => row.join(',')).join('\n')),
    )
    fc.assert(
      fc.property(text, (input) => {
        try {
          const delays = parseRegionTable(input)
          for (const [from, to] of pairs(delays)) expect(delays[from]?.[to]).toBeGreaterThanOrEqual(0)
        } catch (error) {
          expect(error).toMatchObject({ code: 'region-table' })
          expect((error as Error).message).not.toContain('\n')
        }
      }),
    )
  })
})

test('a table written out reads back the same', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[A-Za-z_]{1,8}$/), { minLength: 1, maxLength: 5 })
  const table = names.chain((regions) =>
    fc
      .array(fc.array(fc.nat(500), { minLength: regions.length, maxLength: regions.length }), {
        minLength: regions.length,
        maxLength: regions.length,
      })
      .map((rows) => ({ regions, rows })),
  )
  fc.assert(
    fc.property(table, ({ regions, rows }) => {
      const text = [['f', ...regions], ...rows.map((row, i) => [regions[i], ...row])].join('\r\n')
      const delays = parseRegionTable(text)
      for (const [i, from] of regions.entries())
        for (const [j, to] of regions.entries()) expect(delays[from]?.[to]).toBe(rows[i]?.[j])
    }),
  )
})
