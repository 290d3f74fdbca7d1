import type { CheckedBlock, Height, PhysicalJournalEntry, Slot, SlotProof } from '@groundwork/physical-core'
import { type Bytes, CodedError, type Hash } from '@groundwork/primitives'
import type { EntryCodec } from './entry-codec.ts'
import type { Done } from './ports.ts'

/** What the nodes of the physical chain publish; everything else goes over direct streams. */
export type PhysicalTopic = 'slots' | 'blocks' | 'items'
export const physicalTopics: readonly PhysicalTopic[] = ['slots', 'blocks', 'items']

/** What is written of the physical chain, in the order in which it came to be. */
export type PhysicalRecord =
  | { readonly kind: 'block'; readonly block: CheckedBlock; readonly hash: Hash; readonly height: Height }
  | { readonly kind: 'slot'; readonly proof: SlotProof }
  | { readonly kind: 'snapshot'; readonly height: Height; readonly bytes: Bytes }
  /** The best chain from `from` on; what it had at greater heights is gone. */
  | { readonly kind: 'best'; readonly from: Height; readonly hashes: readonly Hash[]; readonly until: Height }

/**
 * Blocks of all forks, slot proofs, the newest snapshot, and which blocks are the best chain. Written behind, in order: a
 * crash loses the newest records and keeps all before them. Nothing of it has to be durable before a message leaves: what
 * is lost is fetched again.
 */
export interface PhysicalStore {
  /** Waits only where too much is not written yet. A failure is told to `onFailure` of whoever opened the store. */
  append(record: PhysicalRecord): Done
  blockByHash(hash: Hash): Promise<CheckedBlock | undefined>
  /** Of the best chain. */
  hashAt(height: Height): Promise<Hash | undefined>
  /** Of one challenge chain, ascending, both inclusive. */
  slots(seed: Hash, from: Slot, to: Slot): Promise<readonly SlotProof[]>
  /** Everything that a start needs, oldest first. `snapshotSlot` tells from a snapshot which slots it still needs. */
  load(snapshotSlot: (snapshot: Bytes) => Slot): Promise<StoredPhysical>
  /** What is written behind is written. */
  flush(): Promise<void>
  close(): Promise<void>
}

export interface StoredPhysical {
  readonly snapshot?: Bytes
  readonly blocks: readonly CheckedBlock[]
  readonly slots: readonly SlotProof[]
}

/** The journal of a farmer; what it signs is counted by slots. */
export const physicalEntries: EntryCodec<PhysicalJournalEntry> = {
  version: 1,
  kindOf: ({ kind }) => (kind === 'signed' ? 1 : 2),
  write(out, entry) {
    out.u64(entry.slot)
    if (entry.kind === 'floor') return
    out.fixed(entry.plotId, 32)
    out.fixed(entry.hash, 32)
  },
  read(from, kind) {
    const slot = from.u64()
    if (kind === 2) return { kind: 'floor', slot }
    if (kind !== 1) throw new CodedError('CODEC_VALUE', 'unknown record kind')
    return { kind: 'signed', slot, plotId: from.fixed(32), hash: from.fixed(32) }
  },
  signedAt: ({ slot }) => slot,
}
