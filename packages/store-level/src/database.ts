import { mkdir } from 'node:fs/promises'
import { type Bytes, CodedError, decode, encode, equal, type Hash, toHex } from '@groundwork/primitives'
import type { AbstractSublevel } from 'abstract-level'
import { Level } from 'level'
import { storeFormat } from './records.ts'

type Sublevel = AbstractSublevel<Level<string, Bytes>, string | Buffer | Uint8Array, Bytes, Bytes>

/** One database and its parts. */
export interface Database {
  /** Block hash to block record. */
  readonly blocks: Sublevel
  /** Height to block hash. */
  readonly heights: Sublevel
  /** Address to account record; empty accounts have none. */
  readonly accounts: Sublevel
  /** `format`, `genesis`, `head` or `base`, and for every epoch that ended `end:` with its id. */
  readonly meta: AbstractSublevel<Level<string, Bytes>, string | Buffer | Uint8Array, string, Bytes>
  readonly level: Level<string, Bytes>
}

/** Throws `STORE_LOCKED` or `STORE_OPEN`. */
export async function openDatabase(dir: string): Promise<Database> {
  const level = new Level<string, Bytes>(dir, { valueEncoding: 'view' })
  try {
    await mkdir(dir, { recursive: true })
    await level.open()
  } catch (error) {
    const cause = ((error as Error).cause ?? error) as Error & { code?: string }
    if (cause.code === 'LEVEL_LOCKED') {
      throw new CodedError('STORE_LOCKED', `the database in ${dir} is in use by another process`)
    }
    throw new CodedError('STORE_OPEN', `the database in ${dir} cannot be opened: ${cause.message}`)
  }
  const bytes = { keyEncoding: 'view', valueEncoding: 'view' } as const
  return {
    level,
    blocks: level.sublevel<Bytes, Bytes>('blocks', bytes),
    heights: level.sublevel<Bytes, Bytes>('heights', bytes),
    accounts: level.sublevel<Bytes, Bytes>('accounts', bytes),
    meta: level.sublevel<string, Bytes>('meta', { valueEncoding: 'view' }),
  }
}

/**
 * True for a database that was written before, false for an empty one. Throws `STORE_FORMAT` on one of another version,
 * or not ours, and `STORE_GENESIS` on one of another chain.
 */
export async function isWritten({ level, meta }: Database, genesis: Hash): Promise<boolean> {
  const format = await meta.get('format')
  if (format === undefined) {
    for await (const key of level.keys({ limit: 1 })) throw wrongFormat(`none beside the key "${key}"`)
    return false
  }
  const version = format.length === 4 ? decode(format, (from) => from.u32()) : toHex(format)
  if (version !== storeFormat) throw wrongFormat(version)
  const found = (await meta.get('genesis')) ?? new Uint8Array(0)
  if (!equal(found, genesis)) {
    const message = `the database belongs to another genesis: expected ${toHex(genesis)}, found ${toHex(found)}`
    throw new CodedError('STORE_GENESIS', message)
  }
  return true
}

export function encodeFormat(): Bytes {
  return encode((out) => out.u32(storeFormat))
}

function wrongFormat(found: number | string): CodedError {
  return new CodedError(
    'STORE_FORMAT',
    `the database has an unknown format: expected ${storeFormat}, found ${found}`,
  )
}
