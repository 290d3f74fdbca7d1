import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRunFolder, openRunFolder } from '../src/run-folder.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'groundwork-runs-'))
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe('run folder', () => {
  it('gives every run a folder of its own, also within one millisecond, and points latest at the newest', () => {
    const now = new Date('2026-01-02T03:04:05.678Z')
    const first = createRunFolder(base, 'baseline', now)
    const second = createRunFolder(base, 'baseline', now)
    expect(second.path).not.toBe(first.path)
    expect(join(base, 'baseline', readlinkSync(join(base, 'baseline', 'latest')))).toBe(second.path)
    const other = createRunFolder(base, 'crash-third', now)
    expect(join(base, readlinkSync(join(base, 'latest')))).toBe(other.path)
    expect(join(base, 'baseline', readlinkSync(join(base, 'baseline', 'latest')))).toBe(second.path)
  })

  it('leaves the old content and no other file when writing fails half way', () => {
    const folder = createRunFolder(base, 'baseline', new Date())
    folder.writeText('events.jsonl', 'old\n')
    const failing = function* (): Generator<string> {
      yield 'new'
      throw new Error('disk full')
    }
    expect(() => folder.writeText('events.jsonl', failing())).toThrow('disk full')
    expect(readFileSync(folder.file('events.jsonl'), 'utf8')).toBe('old\n')
    expect(readdirSync(folder.path)).toEqual(['events.jsonl'])
  })

  it.each([
    ['no such file', undefined],
    ['not JSON', '{"version":'],
    ['version 2, this program reads 1', '{"version":2}'],
    ['version undefined, this program reads 1', '[]'],
  ])('refuses in one line: %s', (what, text) => {
    const folder = openRunFolder(base)
    if (text !== undefined) writeFileSync(folder.file('plan.json'), text)
    expect(() => folder.readJson('plan.json', 1)).toThrow(`${folder.file('plan.json')}: ${what}`)
  })
})
