import type { Reader, Writer } from '@groundwork/primitives'

/** How the entries of one kind of journal are written. */
export interface EntryCodec<Entry> {
  /** Of every record; a record of another version stops the start in one line. */
  readonly version: number
  /** From 1 to 255: what kind of entry follows. */
  readonly kindOf: (entry: Entry) => number
  readonly write: (out: Writer, entry: Entry) => void
  /** Throws `CODEC_*`. */
  readonly read: (from: Reader, kind: number) => Entry
  /** What was signed last, on an axis on which nothing is signed twice: a view, or a slot. Null for entries that sign nothing. */
  readonly signedAt: (entry: Entry) => number | null
}
