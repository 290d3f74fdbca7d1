import type {
  CheckedBlock,
  Height,
  PhysicalEffect,
  PhysicalJournalEntry,
  SlotProof,
  Stored,
} from '@groundwork/physical-core'
import { type Bytes, equal, type Hash, type Hex, toHex } from '@groundwork/primitives'

interface StoredBlock {
  readonly block: CheckedBlock
  readonly height: Height
}

/** A farmer's store and journal: everything is durable at once. */
export interface FarmerDisk {
  keep(
    effect: Extract<PhysicalEffect, { kind: 'persist' | 'store-block' | 'store-slot' | 'store-snapshot' }>,
  ): void
  /** The block of this hash and up to `ancestors` before it, oldest first. */
  lineage(hash: Hash, ancestors: number): CheckedBlock[]
  heightOf(hash: Hash): Height | null
  slots(seed: Hash, from: number, to: number): SlotProof[]
  /** What a start finds. */
  stored(): Stored
  /** What anybody may have of the chain; nothing that was signed or is to be remembered. */
  published(): PublishedChain
  take(chain: PublishedChain): void
  wipe(): void
}

export interface PublishedChain {
  readonly blocks: ReadonlyMap<Hex, StoredBlock>
  readonly slots: readonly SlotProof[]
  readonly snapshot: { readonly bytes: Bytes; readonly height: Height } | null
}

export function farmerDisk(): FarmerDisk {
  const blocks = new Map<Hex, StoredBlock>()
  let slots: SlotProof[] = []
  let journal: PhysicalJournalEntry[] = []
  let snapshot: PublishedChain['snapshot'] = null
  return {
    keep(effect) {
      if (effect.kind === 'persist') journal.push(...effect.entries)
      else if (effect.kind === 'store-slot') slots.push(effect.proof)
      else if (effect.kind === 'store-snapshot') snapshot = { bytes: effect.bytes, height: effect.height }
      else blocks.set(toHex(effect.hash), { block: effect.block, height: effect.height })
    },
    lineage(hash, ancestors) {
      const found: CheckedBlock[] = []
      let at = blocks.get(toHex(hash))
      for (let left = ancestors; at !== undefined && left >= 0; left--) {
        found.unshift(at.block)
        at = blocks.get(toHex(at.block.block.foliage.parentHash))
      }
      return found
    },
    heightOf: (hash) => blocks.get(toHex(hash))?.height ?? null,
    slots: (seed, from, to) =>
      slots.filter((proof) => equal(proof.seed, seed) && proof.slot >= from && proof.slot <= to),
    stored() {
      const above = snapshot?.height ?? 0
      const kept = [...blocks.values()].filter(({ height }) => height > above)
      return {
        ...(snapshot === null ? {} : { snapshot: snapshot.bytes }),
        blocks: kept.sort((a, b) => a.height - b.height).map(({ block }) => block),
        slots: slots.toSorted((a, b) => a.slot - b.slot),
        journal,
      }
    },
    published: () => ({ blocks, slots, snapshot }),
    take(chain) {
      for (const [key, block] of chain.blocks) blocks.set(key, block)
      slots = [...chain.slots]
      snapshot = chain.snapshot
    },
    wipe() {
      blocks.clear()
      slots = []
      journal = []
      snapshot = null
    },
  }
}
