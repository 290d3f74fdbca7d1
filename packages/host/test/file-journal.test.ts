import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JournalEntry } from '@groundwork/stake-core'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { entriesOfEveryKind, journalConformance, someProposal, someVote } from '../src/conformance/index.ts'
import { everyView, type OpenedJournal, openFileJournal } from '../src/file-journal.ts'
import { encodeRecord } from '../src/journal-record.ts'

const root = mkdtempSync(join(tmpdir(), 'groundwork-journal-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

let dirs = 0
const newDir = () => join(root, `${dirs++}`)
const key = new Uint8Array(32).fill(7)
const open = (dir: string): OpenedJournal => openFileJournal({ dir, key })

async function write(dir: string, entries: readonly JournalEntry[]): Promise<void> {
  const { journal } = open(dir)
  await journal.append(entries)
  await journal.close()
}

async function reopen(dir: string): Promise<Omit<OpenedJournal, 'journal' | 'loseAll'>> {
  const { journal, loseAll: _, ...found } = open(dir)
  await journal.close()
  return found
}

describe('conformance', () => {
  const suite = journalConformance(async () => {
    const dir = newDir()
    return {
      open: async () => open(dir),
      // A killed process leaves its lock file behind, with a pid that is gone.
      async crash() {
        const gone = spawnSync(process.execPath, ['-e', '']).pid
        writeFileSync(join(dir, 'journal.lock'), JSON.stringify({ pid: gone, startTicks: 1 }))
      },
    }
  })
  for (const { name, run } of suite) it(name, run)
})

it('remembers that its owner may have signed anything', async () => {
  const dir = newDir()
  const { journal, loseAll } = open(dir)
  loseAll()
  await journal.append([{ kind: 'voted', vote: someVote(3) }])
  await journal.close()
  for (let start = 0; start < 2; start++) expect(await reopen(dir)).toMatchObject({ lostView: everyView })
})

describe('a journal cut short', () => {
  // Short ones, for every byte of them is a test.
  const entries: JournalEntry[] = [
    { kind: 'proposed', proposal: someProposal(1, 0) },
    { kind: 'voted', vote: someVote(1) },
    ...entriesOfEveryKind(1).slice(-2),
    { kind: 'voted', vote: someVote(2) },
  ]

  it('opens wherever it was cut, with a prefix of its entries', async () => {
    const dir = newDir()
    await write(dir, entries)
    const whole = readFileSync(join(dir, 'journal'))
    const ends = new Set([0])
    for (let size = whole.length; size >= 0; size--) {
      rmSync(join(dir, 'journal.mark'), { force: true })
      writeFileSync(join(dir, 'journal'), whole.subarray(0, size))
      const found = await reopen(dir)
      expect(found.entries).toEqual(entries.slice(0, found.entries.length))
      expect(found.lostBytes).toBe(0)
      ends.add(found.entries.length)
      // What was cut off stays cut off, and the file is sound again.
      expect((await reopen(dir)).truncatedBytes).toBe(0)
    }
    expect(ends.size).toBe(entries.length + 1)
  })

  it('tells, once and for all, that own votes may be lost', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (position) => {
        const dir = newDir()
        await write(dir, entries)
        const whole = readFileSync(join(dir, 'journal'))
        const size = position % whole.length
        truncateSync(join(dir, 'journal'), size)
        const found = await reopen(dir)
        expect(found.lostBytes).toBe(whole.length - size + found.truncatedBytes)
        expect(found.lostView).toBe(2)
        expect(found.entries).toEqual(entries.slice(0, found.entries.length))
        await write(dir, [{ kind: 'voted', vote: someVote(9) }])
        expect(await reopen(dir)).toMatchObject({ lostBytes: 0, lostView: 2 })
      }),
      { numRuns: 60 },
    )
  })

  it('loses nothing that mattered when only an unacknowledged record is cut', async () => {
    const dir = newDir()
    await write(dir, entries)
    const whole = readFileSync(join(dir, 'journal'))
    const torn = encodeRecord({ kind: 'voted', vote: someVote(3) })
    for (let size = 0; size < torn.length; size++) {
      writeFileSync(join(dir, 'journal'), Buffer.concat([whole, torn.subarray(0, size)]))
      expect(await reopen(dir)).toEqual({
        entries,
        truncatedBytes: size,
        lostBytes: 0,
        lostView: 0,
        created: false,
      })
    }
  })

  it('takes a tail of zeros for data that never reached the disk', async () => {
    const dir = newDir()
    await write(dir, entries)
    const whole = readFileSync(join(dir, 'journal'))
    writeFileSync(join(dir, 'journal'), Buffer.concat([whole, Buffer.alloc(300)]))
    expect(await reopen(dir)).toEqual({
      entries,
      truncatedBytes: 300,
      lostBytes: 0,
      lostView: 0,
      created: false,
    })
  })

  it('does not take an interrupted compaction for a loss', async () => {
    const dir = newDir()
    await write(dir, entries)
    const mark = readFileSync(join(dir, 'journal.mark'))
    const { journal } = open(dir)
    await journal.compact(entries.slice(0, 1))
    await journal.close()
    // The process died between the rename and the mark.
    writeFileSync(join(dir, 'journal.mark'), mark)
    expect(await reopen(dir)).toMatchObject({ entries: entries.slice(0, 1), lostBytes: 0, lostView: 0 })
  })
})

describe('a damaged journal', () => {
  it('is refused if bytes follow the damage, whichever bit was hit', async () => {
    const dir = newDir()
    await write(dir, entriesOfEveryKind())
    const whole = readFileSync(join(dir, 'journal'))
    const lastRecord = encodeRecord(entriesOfEveryKind().at(-1)!).length
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - lastRecord - 1), fc.nat(7), async (byte, bit) => {
        const damaged = Buffer.from(whole)
        damaged[byte]! ^= 1 << bit
        writeFileSync(join(dir, 'journal'), damaged)
        expect(() => open(dir)).toThrow(expect.objectContaining({ code: 'JOURNAL_CORRUPT' }))
        // Refused, not repaired: the evidence stays, and so does the lock's freedom.
        expect(readFileSync(join(dir, 'journal'))).toEqual(damaged)
      }),
      { numRuns: 300 },
    )
  })

  it('is refused in one line if a record has another version', async () => {
    const dir = newDir()
    await write(dir, entriesOfEveryKind())
    const { crc32 } = await import('node:zlib')
    const body = Uint8Array.of(9, 1)
    const head = Buffer.alloc(12)
    head.writeUInt32BE(body.length, 0)
    head.writeUInt32BE(crc32(head.subarray(0, 4)), 4)
    head.writeUInt32BE(crc32(body), 8)
    const whole = readFileSync(join(dir, 'journal'))
    writeFileSync(join(dir, 'journal'), Buffer.concat([whole, head, body]))
    expect(() => open(dir)).toThrow(/^version 9 at byte \d+, expected 1$/)
  })

  it('is refused if it belongs to another key', async () => {
    const dir = newDir()
    await write(dir, [])
    expect(() => openFileJournal({ dir, key: new Uint8Array(32) })).toThrow(
      expect.objectContaining({ code: 'JOURNAL_KEY' }),
    )
  })
})

describe('the lock', () => {
  it('keeps a second opener out until the first closes', async () => {
    const dir = newDir()
    const { journal } = open(dir)
    expect(() => open(dir)).toThrow(expect.objectContaining({ code: 'LOCKED' }))
    await journal.close()
    await reopen(dir)
  })

  it('keeps another process out', async () => {
    const dir = newDir()
    const { journal } = open(dir)
    const script = `
      const { openFileJournal } = await import(${JSON.stringify(join(import.meta.dirname, '../src/file-journal.ts'))})
      try { openFileJournal({ dir: ${JSON.stringify(dir)}, key: new Uint8Array(32).fill(7) }) }
      catch (error) { console.log(error.code) }`
    const other = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(other.stdout).toBe('LOCKED\n')
    await journal.close()
  })

  it.each([
    [
      'of a process that is gone',
      () => JSON.stringify({ pid: spawnSync(process.execPath, ['-e', '']).pid, startTicks: 5 }),
    ],
    ['of a process whose pid is in use again', () => JSON.stringify({ pid: process.pid, startTicks: 5 })],
    ['that says nothing', () => ''],
  ])('takes over a lock %s', async (_, content) => {
    const dir = newDir()
    await reopen(dir)
    writeFileSync(join(dir, 'journal.lock'), content())
    await reopen(dir)
  })
})
