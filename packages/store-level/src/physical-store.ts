import { mkdir } from 'node:fs/promises'
import type { PhysicalRecord, PhysicalStore } from '@groundwork/host'
import {
  type CheckedBlock,
  decodeBlock,
  decodeSlotProof,
  encodeBlock,
  encodeSlotProof,
  type SlotProof,
} from '@groundwork/physical-core'
import {
  type Bytes,
  CodedError,
  concat,
  decode,
  encode,
  equal,
  type Hash,
  type Hex,
  toHex,
} from '@groundwork/primitives'
import type { AbstractSublevel } from 'abstract-level'
import { Level } from 'level'

type Part = AbstractSublevel<Level<string, Bytes>, string | Buffer | Uint8Array, Bytes, Bytes>

export interface PhysicalStoreInit {
  /** Made if missing; one process at a time. */
  readonly dir: string
  /** Names the chain, so that a store of another one is refused. */
  readonly chainId: Hash
  /** A write failed: the store takes nothing more. */
  readonly onFailure: (error: CodedError) => void
}

/** Version of everything in the database. */
const format = 1
/** So much may wait to be written before whoever appends has to wait too. */
const maxPendingBytes = 8 * 1024 * 1024
const lastSlot = Number.MAX_SAFE_INTEGER
const qualityBytes = 32

/** Throws one line: `STORE_LOCKED`, `STORE_FORMAT`, `STORE_GENESIS` or `STORE_OPEN`. */
export async function openPhysicalStore(init: PhysicalStoreInit): Promise<PhysicalStore> {
  const level = new Level<string, Bytes>(init.dir, { valueEncoding: 'view' })
  try {
    await mkdir(init.dir, { recursive: true })
    await level.open()
  } catch (error) {
    const cause = ((error as Error).cause ?? error) as Error & { code?: string }
    if (cause.code === 'LEVEL_LOCKED')
      throw new CodedError('STORE_LOCKED', `the database in ${init.dir} is in use by another process`)
    throw new CodedError('STORE_OPEN', `the database in ${init.dir} cannot be opened: ${cause.message}`)
  }
  try {
    await claim(level, init.chainId)
    return createStore(level, init.onFailure)
  } catch (error) {
    await level.close()
    throw error
  }
}

/** Writes whose chain it is into an empty database; refuses that of another. */
async function claim(level: Level<string, Bytes>, chainId: Hash): Promise<void> {
  const title = concat(
    encode((out) => out.u32(format)),
    chainId,
  )
  const found = await level.get('title')
  if (found === undefined) {
    for await (const key of level.keys({ limit: 1 }))
      throw new CodedError('STORE_FORMAT', `the database has no title beside the key "${key}"`)
    return level.put('title', title, { sync: true } as object)
  }
  if (found.length !== title.length || !equal(found.subarray(0, 4), title.subarray(0, 4)))
    throw new CodedError('STORE_FORMAT', `the database has an unknown format, expected ${format}`)
  if (!equal(found, title)) {
    const message = `the database belongs to another chain: expected ${toHex(chainId)}, found ${toHex(found.subarray(4))}`
    throw new CodedError('STORE_GENESIS', message)
  }
}

function createStore(level: Level<string, Bytes>, onFailure: PhysicalStoreInit['onFailure']): PhysicalStore {
  const bytes = { keyEncoding: 'view', valueEncoding: 'view' } as const
  const part = (name: string): Part => level.sublevel<Bytes, Bytes>(name, bytes)
  /** Hash to quality and block; height and hash to nothing; height to hash; slot and seed to proof. */
  const [blocks, levels, best, slots] = [part('blocks'), part('levels'), part('best'), part('slots')]

  let waiting: PhysicalRecord[] = []
  /** Blocks that are not written yet. */
  const young = new Map<Hex, CheckedBlock>()
  let pendingBytes = 0
  let writing: Promise<void> | null = null
  let failure: CodedError | null = null

  const put = (batch: ReturnType<typeof level.batch>, record: PhysicalRecord): void => {
    switch (record.kind) {
      case 'block': {
        const { block, quality } = record.block
        batch.put(record.hash, concat(quality, encodeBlock(block)), { sublevel: blocks })
        batch.put(concat(number(record.height), record.hash), new Uint8Array(0), { sublevel: levels })
        return
      }
      case 'slot':
        batch.put(concat(number(record.proof.slot), record.proof.seed), encodeSlotProof(record.proof), {
          sublevel: slots,
        })
        return
      case 'snapshot':
        batch.put('snapshot', concat(number(record.height), record.bytes))
        return
      case 'best':
        for (const [i, hash] of record.hashes.entries())
          batch.put(number(record.from + i), hash, { sublevel: best })
        for (let height = record.from + record.hashes.length; height <= record.until; height++)
          batch.del(number(height), { sublevel: best })
    }
  }

  const writeAll = async (): Promise<void> => {
    while (waiting.length > 0 && failure === null) {
      const records = waiting
      waiting = []
      pendingBytes = 0
      const batch = level.batch()
      for (const record of records) put(batch, record)
      await batch.write()
      for (const record of records) if (record.kind === 'block') young.delete(toHex(record.hash))
    }
  }

  const write = (): Promise<void> => {
    writing ??= writeAll()
      .catch((error: Error) => {
        const reason = ((error.cause ?? error) as Error).message
        failure = new CodedError('STORE_FAILED', `the store cannot be written: ${reason}`)
        onFailure(failure)
      })
      .finally(() => {
        writing = null
      })
    return writing
  }

  const blockByHash = async (hash: Hash): Promise<CheckedBlock | undefined> => {
    const held = young.get(toHex(hash))
    if (held !== undefined) return held
    const record = await blocks.get(hash)
    return record === undefined ? undefined : readBlock(record)
  }

  return {
    append(record) {
      if (failure !== null) throw failure
      waiting.push(record)
      pendingBytes += sizeOf(record)
      if (record.kind === 'block') young.set(toHex(record.hash), record.block)
      const written = write()
      if (pendingBytes > maxPendingBytes) return written
    },
    blockByHash,
    async hashAt(height) {
      await writing
      const hash = await best.get(number(height))
      return hash === undefined ? undefined : plain(hash)
    },
    async slots(seed, from, to) {
      await writing
      const found: SlotProof[] = []
      const range = { gte: number(from), lt: number(Math.min(lastSlot, to + 1)) }
      for await (const [key, value] of slots.iterator(range))
        if (equal(key.subarray(8), seed)) found.push(decodeSlotProof(plain(value)))
      return found
    },
    async load(snapshotSlot) {
      const record = await level.get('snapshot')
      const snapshot = record === undefined ? undefined : plain(record).slice(8)
      const above = record === undefined ? 0 : decode(plain(record).subarray(0, 8), (from) => from.u64()) + 1
      const firstSlot = snapshot === undefined ? 0 : snapshotSlot(snapshot)
      const stored: CheckedBlock[] = []
      for await (const key of levels.keys({ gte: number(above) })) {
        const value = await blocks.get(key.subarray(8))
        if (value !== undefined) stored.push(readBlock(value))
      }
      const proofs: SlotProof[] = []
      for await (const value of slots.values({ gte: number(firstSlot) }))
        proofs.push(decodeSlotProof(plain(value)))
      return { ...(snapshot === undefined ? {} : { snapshot }), blocks: stored, slots: proofs }
    },
    async flush() {
      while (waiting.length > 0 && failure === null) await write()
      await writing
    },
    async close() {
      while (waiting.length > 0 && failure === null) await write()
      await writing
      await level.close()
    },
  }
}

/** Big-endian, so that keys are in the order of numbers. */
function number(value: number): Bytes {
  return encode((out) => out.u64(value))
}

function readBlock(record: Bytes): CheckedBlock {
  const bytes = plain(record)
  return { quality: bytes.slice(0, qualityBytes), block: decodeBlock(bytes.subarray(qualityBytes)) }
}

/** Level gives buffers of Node, whose slices are no copies. */
function plain(record: Bytes): Bytes {
  return new Uint8Array(record)
}

function sizeOf(record: PhysicalRecord): number {
  if (record.kind === 'block') return 2048 + 512 * record.block.block.items.length
  return record.kind === 'snapshot' ? record.bytes.length : 1024
}
