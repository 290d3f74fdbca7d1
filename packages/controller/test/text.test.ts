import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wrap } from '../src/cli/text.ts'

describe('wrap', () => {
  it('keeps every word in order, on lines no wider than asked unless one word is', () => {
    const words = fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(words, fc.integer({ min: 20, max: 90 }), (expected, columns) => {
        const lines = wrap(expected.join(' '), columns, '  ').split('\n')
        expect(lines.join(' ').split(/ +/)).toEqual(expected)
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns)
        for (const line of lines.slice(1)) expect(line.startsWith('  ')).toBe(true)
      }),
    )
  })

  it('keeps the spaces that align a line', () => {
    expect(wrap('  finality       p50 99 ms', 80, '  ')).toBe('  finality       p50 99 ms')
  })

  it('leaves a text alone where there is no terminal', () => {
    expect(wrap('a '.repeat(200), undefined)).toBe('a '.repeat(200))
  })
})
