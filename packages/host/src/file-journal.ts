import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { assert, type Bytes, CodedError, concat, equal } from '@groundwork/primitives'
import type { JournalEntry, View } from '@groundwork/stake-core'
import { acquireLock } from './file-lock.ts'
import { openMark } from './journal-mark.ts'
import { encodeRecord, scanRecords } from './journal-record.ts'
import type { Journal } from './ports.ts'

export interface FileJournalInit {
  /** Created if it is missing. */
  readonly dir: string
  /** 32 bytes, the validator's public key: one journal belongs to one key. */
  readonly key: Bytes
  /** How long each sync took, milliseconds. */
  readonly onSync?: ((durationMs: number) => void) | undefined
}

export interface OpenedJournal {
  readonly journal: Journal
  readonly entries: readonly JournalEntry[]
  /** Bytes of an incomplete last record that were cut off. */
  readonly truncatedBytes: number
  /** Bytes that were durable once and are gone now; 0 after an ordinary crash. */
  readonly lostBytes: number
  /** Own votes up to this view may have been lost, now or earlier: the owner must not sign in it. 0 if none were. */
  readonly lostView: View
  /** Nothing at all was there: a first start, or a folder that was wiped. */
  readonly created: boolean
  /** Durable when it returns: at every later start `lostView` is `everyView`. */
  loseAll(): void
}

/** As `lostView`: whatever was signed in this epoch is unknown. */
export const everyView: View = Number.MAX_SAFE_INTEGER

/**
 * A journal in one file, `journal` in `dir`: framed records with checksums, synced before `append` returns. Synchronous,
 * because a validator may say nothing before the sync is done, and waiting for it through a busy event loop costs more
 * than the sync.
 * Throws `LOCKED`, `JOURNAL_KEY`, `JOURNAL_CORRUPT`, `JOURNAL_VERSION`.
 */
export function openFileJournal({ dir, key, onSync }: FileJournalInit): OpenedJournal {
  mkdirSync(dir, { recursive: true })
  const path = join(dir, 'journal')
  const lock = acquireLock(join(dir, 'journal.lock'))
  try {
    return openLocked(path, key, onSync, () => lock.release())
  } catch (error) {
    lock.release()
    throw error
  }
}

function openLocked(
  path: string,
  key: Bytes,
  onSync: FileJournalInit['onSync'],
  release: () => void,
): OpenedJournal {
  const content = readOrEmpty(path)
  const { records, validBytes } = scanRecords(content)
  const title = records[0]
  if (title !== undefined && title.kind !== 'title')
    throw new CodedError('JOURNAL_CORRUPT', 'no title at byte 0')
  if (title !== undefined && !equal(title.key, key)) {
    throw new CodedError('JOURNAL_KEY', `the journal ${path} belongs to another key`)
  }
  const entries = records.filter((record) => record.kind !== 'title')

  const mark = openMark(`${path}.mark`)
  const known = mark.initial ?? { generation: 0, bytes: 0, signedView: 0, lostView: 0 }
  // A mark older than the journal says nothing: the crash came between a rewrite and its mark.
  const lostBytes = known.generation >= (title?.generation ?? 0) ? Math.max(0, known.bytes - validBytes) : 0
  let lostView = lostBytes > 0 ? Math.max(known.lostView, known.signedView) : known.lostView

  let generation = title?.generation ?? known.generation + 1
  let signedView = highestSignedView(entries, known.signedView)
  let file = openSync(path, title === undefined ? 'w' : 'r+')
  let length = validBytes
  const keepMark = () => mark.write({ generation, bytes: length, signedView, lostView })
  keepMark()
  // Before the evidence of a loss is cut away, the loss itself is durable.
  if (lostBytes > 0) mark.sync()
  ftruncateSync(file, length)
  if (title === undefined) length += writeAll(file, encodeRecord({ kind: 'title', key, generation }), 0)
  fsyncSync(file)
  syncDirectory(dirname(path))
  keepMark()

  let closed = false
  let failed = false

  /** After a failure nothing is written any more: what it left on the disk is unknown. */
  const guarded = (work: () => void): void => {
    assert(!closed, 'use of a closed journal')
    if (failed) throw new CodedError('JOURNAL_FAILED', `the journal ${path} failed earlier`)
    failed = true
    work()
    failed = false
  }

  const write = (added: readonly JournalEntry[]): void => {
    length += writeAll(file, concat(...added.map(encodeRecord)), length)
    const started = performance.now()
    fdatasyncSync(file)
    onSync?.(performance.now() - started)
    signedView = highestSignedView(added, signedView)
    keepMark()
  }

  const rewrite = (kept: readonly JournalEntry[]): void => {
    const draft = `${path}.new`
    const heading = encodeRecord({ kind: 'title', key, generation: generation + 1 })
    const bytes = concat(heading, ...kept.map(encodeRecord))
    const next = openSync(draft, 'w')
    writeAll(next, bytes, 0)
    fsyncSync(next)
    renameSync(draft, path)
    syncDirectory(dirname(path))
    closeSync(file)
    file = next
    length = bytes.length
    generation++
    keepMark()
  }

  const journal: Journal = {
    append: (added) => guarded(() => write(added)),
    compact: (kept) => guarded(() => rewrite(kept)),
    close() {
      if (closed) return
      closed = true
      closeSync(file)
      mark.close()
      release()
    },
  }
  const truncatedBytes = content.length - validBytes
  const created = title === undefined && mark.initial === null
  const loseAll = (): void =>
    guarded(() => {
      lostView = everyView
      keepMark()
      mark.sync()
    })
  return { journal, entries, truncatedBytes, lostBytes, lostView, created, loseAll }
}

function highestSignedView(entries: readonly JournalEntry[], atLeast: View): View {
  let highest = atLeast
  for (const entry of entries) {
    if (entry.kind === 'voted') highest = Math.max(highest, entry.vote.view)
    if (entry.kind === 'proposed') highest = Math.max(highest, entry.proposal.block.header.view)
  }
  return highest
}

function readOrEmpty(path: string): Bytes {
  try {
    return readFileSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Uint8Array(0)
    throw error
  }
}

/** Returns the number of bytes written: all of them, or it throws. */
function writeAll(file: number, bytes: Bytes, position: number): number {
  for (let written = 0; written < bytes.length; ) {
    written += writeSync(file, bytes, written, bytes.length - written, position + written)
  }
  return bytes.length
}

/** Makes a creation or a rename durable. */
function syncDirectory(dir: string): void {
  const directory = openSync(dir, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}
