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
import type { EntryCodec } from './entry-codec.ts'
import { acquireLock } from './file-lock.ts'
import { encodeEntry, encodeTitle, scanJournal } from './journal-format.ts'
import { openMark } from './journal-mark.ts'
import { stakeEntries } from './journal-record.ts'
import type { Journal } from './ports.ts'

export interface FileJournalInit {
  /** Created if it is missing. */
  readonly dir: string
  /** 32 bytes, the owner's public key: one journal belongs to one key. */
  readonly key: Bytes
  /** How long each sync took, milliseconds. */
  readonly onSync?: ((durationMs: number) => void) | undefined
}

/** What a journal's file held. */
export interface OpenedFile<Entry> {
  readonly journal: Journal<Entry>
  readonly entries: readonly Entry[]
  /** Bytes of an incomplete last record that were cut off. */
  readonly truncatedBytes: number
  /** Bytes that were durable once and are gone now; 0 after an ordinary crash. */
  readonly lostBytes: number
  /** What was signed up to here (a view, a slot) may have been lost, now or earlier: nothing is signed there. 0 if none was. */
  readonly lostUpTo: number
  /** Nothing at all was there: a first start, or a folder that was wiped. */
  readonly created: boolean
  /** Durable when it returns: at every later start `lostUpTo` is `everything`. */
  loseAll(): void
}

export interface OpenedJournal extends Omit<OpenedFile<JournalEntry>, 'lostUpTo'> {
  /** Own votes up to this view may have been lost, now or earlier: the owner must not sign in it. 0 if none were. */
  readonly lostView: View
}

/** As `lostUpTo`: whatever was signed is unknown. */
export const everything: number = Number.MAX_SAFE_INTEGER
/** As `lostView`: whatever was signed in this epoch is unknown. */
export const everyView: View = everything

/** The journal of a validator. Throws as `openJournalFile` does. */
export function openFileJournal(init: FileJournalInit): OpenedJournal {
  const { lostUpTo, ...opened } = openJournalFile({ ...init, codec: stakeEntries })
  return { ...opened, lostView: lostUpTo }
}

/**
 * A journal in one file, `journal` in `dir`: framed records with checksums, synced before `append` returns. Synchronous,
 * because a node may say nothing before the sync is done, and waiting for it through a busy event loop costs more
 * than the sync.
 * Throws `LOCKED`, `JOURNAL_KEY`, `JOURNAL_CORRUPT`, `JOURNAL_VERSION`.
 */
export function openJournalFile<Entry>(
  init: FileJournalInit & { readonly codec: EntryCodec<Entry> },
): OpenedFile<Entry> {
  mkdirSync(init.dir, { recursive: true })
  const path = join(init.dir, 'journal')
  const lock = acquireLock(join(init.dir, 'journal.lock'))
  try {
    return openLocked(path, init, () => lock.release())
  } catch (error) {
    lock.release()
    throw error
  }
}

function openLocked<Entry>(
  path: string,
  { key, onSync, codec }: FileJournalInit & { readonly codec: EntryCodec<Entry> },
  release: () => void,
): OpenedFile<Entry> {
  const content = readOrEmpty(path)
  const { title, entries, validBytes } = scanJournal(codec, content)
  if (title !== null && !equal(title.key, key)) {
    throw new CodedError('JOURNAL_KEY', `the journal ${path} belongs to another key`)
  }

  const mark = openMark(`${path}.mark`)
  const known = mark.initial ?? { generation: 0, bytes: 0, signedUpTo: 0, lostUpTo: 0 }
  // A mark older than the journal says nothing: the crash came between a rewrite and its mark.
  const lostBytes = known.generation >= (title?.generation ?? 0) ? Math.max(0, known.bytes - validBytes) : 0
  let lostUpTo = lostBytes > 0 ? Math.max(known.lostUpTo, known.signedUpTo) : known.lostUpTo

  let generation = title?.generation ?? known.generation + 1
  let signedUpTo = highestSigned(codec, entries, known.signedUpTo)
  let file = openSync(path, title === null ? 'w' : 'r+')
  let length = validBytes
  const keepMark = () => mark.write({ generation, bytes: length, signedUpTo, lostUpTo })
  keepMark()
  // Before the evidence of a loss is cut away, the loss itself is durable.
  if (lostBytes > 0) mark.sync()
  ftruncateSync(file, length)
  if (title === null) length += writeAll(file, encodeTitle(codec, { kind: 'title', key, generation }), 0)
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

  const write = (added: readonly Entry[]): void => {
    length += writeAll(file, concat(...added.map((entry) => encodeEntry(codec, entry))), length)
    const started = performance.now()
    fdatasyncSync(file)
    onSync?.(performance.now() - started)
    signedUpTo = highestSigned(codec, added, signedUpTo)
    keepMark()
  }

  const rewrite = (kept: readonly Entry[]): void => {
    const draft = `${path}.new`
    const heading = encodeTitle(codec, { kind: 'title', key, generation: generation + 1 })
    const bytes = concat(heading, ...kept.map((entry) => encodeEntry(codec, entry)))
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

  const journal: Journal<Entry> = {
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
  const created = title === null && mark.initial === null
  const loseAll = (): void =>
    guarded(() => {
      lostUpTo = everything
      keepMark()
      mark.sync()
    })
  return { journal, entries, truncatedBytes, lostBytes, lostUpTo, created, loseAll }
}

function highestSigned<Entry>(codec: EntryCodec<Entry>, entries: readonly Entry[], atLeast: number): number {
  let highest = atLeast
  for (const entry of entries) highest = Math.max(highest, codec.signedAt(entry) ?? 0)
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
