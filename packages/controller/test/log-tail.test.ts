import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { followLines, readTail } from '../src/runtime/log-tail.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'groundwork-tail-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('followLines', () => {
  it('gives every finished line once, however the text is cut into appends', () => {
    const lines = fc.array(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((line) => line.replaceAll('\n', '_')),
    )
    let count = 0
    fc.assert(
      fc.property(lines, fc.array(fc.nat(200), { maxLength: 10 }), (expected, cuts) => {
        const path = join(folder, `${count++}.jsonl`)
        const bytes = Buffer.from(expected.map((line) => `${line}\n`).join(''))
        const seen: string[] = []
        const follower = followLines(path)
        follower.read((line) => seen.push(line))
        const places = [...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length]
        let from = 0
        for (const to of places) {
          appendFileSync(path, bytes.subarray(from, to))
          from = to
          follower.read((line) => seen.push(line))
        }
        expect(seen).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })

  it('waits for the end of an unfinished line', () => {
    const path = join(folder, 'unfinished.jsonl')
    writeFileSync(path, 'one\ntw')
    const seen: string[] = []
    const follower = followLines(path)
    follower.read((line) => seen.push(line))
    expect(seen).toEqual(['one'])
    appendFileSync(path, 'o\n')
    follower.read((line) => seen.push(line))
    expect(seen).toEqual(['one', 'two'])
  })
})

describe('readTail', () => {
  it('puts the end of a file on one line', () => {
    const path = join(folder, 'log')
    writeFileSync(path, `${'x'.repeat(100)}\nlast but one\nlast\n`)
    expect(readTail(path, 16)).toBe('st but one | last')
  })

  it('is empty for a missing file', () => {
    expect(readTail(join(folder, 'none'), 20)).toBe('')
  })
})
