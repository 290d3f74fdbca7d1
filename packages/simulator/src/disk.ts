import {
  type BlockStore,
  checkSequence,
  childrenOf,
  type Journal,
  type StoredBase,
  type StoredHead,
} from '@groundwork/host'
import type { Ledger } from '@groundwork/ledger'
import { type Hash, toHex } from '@groundwork/primitives'
import type { Certificate, EndProof, FinalizedBlock, JournalEntry } from '@groundwork/stake-core'

/** What a later start finds. */
export interface Recovered {
  readonly journal: readonly JournalEntry[]
  readonly head: StoredSegment | undefined
  /** In place of `head`, where an epoch that the physical chain began has no block yet. */
  readonly base?: StoredRebase
}

/** One atomic write to the block store. */
export interface StoredSegment {
  readonly blocks: readonly FinalizedBlock[]
  readonly certificate: Certificate
  readonly ledger: Ledger
  /** The last block is its epoch's last. */
  readonly end?: EndProof
}

/** The other one: an epoch begins as the physical chain decides. */
export interface StoredRebase {
  readonly base: StoredBase
  readonly ledger: Ledger
}

/** A journal and a block store that outlive a process, except for what it had not synced when it died. */
export interface SimulatedDisk {
  /** Synchronous: the process is told how long a sync takes by `durableAtMs`, and waits for itself. */
  readonly journal: Journal
  readonly store: BlockStore
  /** A block that was stored, whether it is still on the chain or not. */
  find(hash: Hash): FinalizedBlock | undefined
  /** Every finalized block, oldest first. */
  readonly chain: readonly FinalizedBlock[]
  /** The certificate that covers the newest block. */
  readonly certificate: Certificate | undefined
  /** The process died: what was not durable at `nowMs` is gone. */
  crash(nowMs: number): void
  wipe(): void
  recover(): Recovered
}

interface Pending {
  readonly durableAtMs: number
  /** What takes its place in the durable state, or nothing. */
  readonly journal?: { readonly replace: boolean; readonly entries: readonly JournalEntry[] }
  readonly segment?: StoredSegment | StoredRebase
}

/** `durableAtMs` is asked at every write: when will what is written now be on the platter? */
export function simulatedDisk(genesis: Ledger, durableAtMs: () => number): SimulatedDisk {
  let journal: JournalEntry[] = []
  let segments: (StoredSegment | StoredRebase)[] = []
  let pending: Pending[] = []
  /** As the running process sees it, page cache included. */
  let chain: FinalizedBlock[] = []
  let certificate: Certificate | undefined
  let base: StoredBase | undefined
  let newest: Ledger | undefined
  const byHash = new Map<string, FinalizedBlock>()
  const ends = new Map<string, Certificate>()
  const head = (): StoredHead | undefined => headOf(chain, certificate, base)
  const ledgerOf = (): Ledger => newest ?? genesis

  const flush = (nowMs: number): void => {
    while (pending[0] !== undefined && pending[0].durableAtMs <= nowMs) {
      const write = pending.shift() as Pending
      if (write.journal?.replace === true) journal = [...write.journal.entries]
      else if (write.journal !== undefined) journal.push(...write.journal.entries)
      if (write.segment !== undefined) segments.push(write.segment)
    }
  }
  const write = (operation: Omit<Pending, 'durableAtMs'>): void => {
    pending.push({ ...operation, durableAtMs: durableAtMs() })
  }
  const cache = (segment: StoredSegment | StoredRebase): void => {
    newest = segment.ledger
    if ('base' in segment) {
      base = segment.base
      certificate = undefined
      chain.length = Math.min(chain.length, base.keep ?? base.height)
      return
    }
    base = undefined
    for (const block of segment.blocks) {
      chain[block.block.header.height - 1] = block
      byHash.set(toHex(block.hash), block)
    }
    certificate = segment.certificate
    const { end } = segment
    const last = segment.blocks.at(-1)
    if (end === undefined || last === undefined) return
    ends.set(toHex(last.block.header.epochId), end.final)
    for (const child of childrenOf(end)) byHash.set(toHex(child.hash), child)
  }
  const forget = (): void => {
    pending = []
    chain = []
    certificate = undefined
    base = undefined
    newest = undefined
    byHash.clear()
    ends.clear()
  }

  return {
    journal: {
      append: (entries) => write({ journal: { replace: false, entries } }),
      compact: (entries) => write({ journal: { replace: true, entries } }),
      close: () => {},
    },
    store: {
      append(blocks, finalCertificate, ledger, end) {
        checkSequence(head(), blocks)
        const segment = { blocks, certificate: finalCertificate, ledger, ...(end !== undefined && { end }) }
        write({ segment })
        cache(segment)
      },
      rebase({ height, hash, keep = height }, ledger) {
        const segment = { base: { height, hash, keep }, ledger }
        write({ segment })
        cache(segment)
      },
      endOf: (epochId) => ends.get(toHex(epochId)),
      blockByHash: (hash) => byHash.get(toHex(hash)),
      blockByHeight: async (height) => chain[height - 1],
      head: async () => head(),
      ledger: async () => ledgerOf(),
      account: async (address) => ledgerOf().account(address),
      close: () => {},
    },
    find: (hash) => byHash.get(toHex(hash)),
    get chain() {
      return chain
    },
    get certificate() {
      return certificate
    },
    crash(nowMs) {
      flush(nowMs)
      forget()
      for (const segment of segments) cache(segment)
    },
    wipe() {
      journal = []
      segments = []
      forget()
    },
    recover() {
      flush(Number.POSITIVE_INFINITY)
      const last = segments.at(-1)
      return last !== undefined && 'base' in last
        ? { journal, head: undefined, base: last }
        : { journal, head: last }
    },
  }
}

function headOf(
  chain: readonly FinalizedBlock[],
  certificate: Certificate | undefined,
  base: StoredBase | undefined,
): StoredHead | undefined {
  if (base !== undefined) return { height: base.height, hash: base.hash, certificate: null }
  const last = chain.at(-1)
  if (last === undefined || certificate === undefined) return undefined
  return { height: last.block.header.height, hash: last.hash, certificate }
}
