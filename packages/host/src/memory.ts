import { emptyLedger, type Ledger } from '@groundwork/ledger'
import { assert, type Bytes, CodedError, equal, type Hex, toHex } from '@groundwork/primitives'
import {
  type Certificate,
  type EndProof,
  type FinalizedBlock,
  hashHeader,
  type JournalEntry,
} from '@groundwork/stake-core'
import type { BlockStore, Journal, StoredBase, StoredHead } from './ports.ts'

/** A journal that is durable at once; `entries` is what a restart would read. */
export interface MemoryJournal<Entry = JournalEntry> extends Journal<Entry> {
  append(entries: readonly Entry[]): void
  compact(entries: readonly Entry[]): void
  close(): void
  readonly entries: readonly Entry[]
}

export function memoryJournal<Entry = JournalEntry>(initial: readonly Entry[] = []): MemoryJournal<Entry> {
  let entries = [...initial]
  let closed = false
  return {
    append(added) {
      assert(!closed, 'append to a closed journal')
      entries.push(...added)
    },
    compact(kept) {
      assert(!closed, 'compaction of a closed journal')
      entries = [...kept]
    },
    close() {
      closed = true
    },
    get entries() {
      return entries
    },
  }
}

/** A block store in memory, with its head at hand without a promise. */
export interface MemoryBlockStore extends BlockStore {
  append(blocks: readonly FinalizedBlock[], certificate: Certificate, ledger: Ledger, end?: EndProof): void
  rebase(base: StoredBase, ledger: Ledger): void
  blockByHash(hash: Bytes): FinalizedBlock | undefined
  close(): void
  readonly newest: (StoredHead & { readonly ledger: Ledger }) | undefined
  /** Index i holds the block at height i + 1; a gap where an epoch was entered ahead of what was stored. */
  readonly blocks: readonly FinalizedBlock[]
}

export function memoryBlockStore(genesisLedger: Ledger = emptyLedger()): MemoryBlockStore {
  const blocks: FinalizedBlock[] = []
  const byHash = new Map<Hex, FinalizedBlock>()
  const ends = new Map<Hex, Certificate>()
  let newest: MemoryBlockStore['newest']
  const ledger = () => newest?.ledger ?? genesisLedger
  return {
    append(added, certificate, after, end) {
      const last = added.at(-1)
      if (last === undefined) return
      checkSequence(newest, added)
      for (const block of added) {
        blocks[block.block.header.height - 1] = block
        byHash.set(toHex(block.hash), block)
      }
      if (end !== undefined) {
        ends.set(toHex(last.block.header.epochId), end.final)
        for (const child of childrenOf(end)) byHash.set(toHex(child.hash), child)
      }
      newest = { height: last.block.header.height, hash: last.hash, certificate, ledger: after }
    },
    rebase({ height, hash, keep = height }, after) {
      blocks.length = Math.min(blocks.length, keep)
      newest = { height, hash, certificate: null, ledger: after }
    },
    endOf: (epochId) => ends.get(toHex(epochId)),
    head: async () =>
      newest === undefined
        ? undefined
        : { height: newest.height, hash: newest.hash, certificate: newest.certificate },
    blockByHash: (hash) => byHash.get(toHex(hash)),
    blockByHeight: async (height) => blocks[height - 1],
    ledger: async () => ledger(),
    account: async (address: Bytes) => ledger().account(address),
    close() {},
    get newest() {
      return newest
    },
    blocks,
  }
}

/** R11: the empty blocks below an epoch's last one, as blocks to be stored by hash. */
export function childrenOf({ children }: EndProof): FinalizedBlock[] {
  return children.map(({ block, signature }) => {
    return { block, signature, hash: hashHeader(block.header), transactionIds: [] }
  })
}

/** Throws `STORE_GAP` unless `added` follow each other and the stored head. */
export function checkSequence(
  head: Pick<StoredHead, 'height' | 'hash'> | undefined,
  added: readonly FinalizedBlock[],
): void {
  let previous: { readonly height: number; readonly hash: Bytes } | undefined = head
  for (const { block, hash } of added) {
    const height = (previous?.height ?? 0) + 1
    const follows = previous === undefined || equal(block.header.parentHash, previous.hash)
    if (block.header.height !== height || !follows) {
      throw new CodedError(
        'STORE_GAP',
        `block at height ${block.header.height} does not follow the stored head`,
        {
          expected: height,
          height: block.header.height,
        },
      )
    }
    previous = { height, hash }
  }
}
