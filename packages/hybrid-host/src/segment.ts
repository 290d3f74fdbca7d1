import { type DeriveRecord, decodeCheckpoint, decodeCheckpointBodies } from '@groundwork/hybrid-core'
import { transactionId } from '@groundwork/ledger'
import type { Item, OpaqueItem } from '@groundwork/physical-core'
import { assert, type Hex, toHex } from '@groundwork/primitives'
import { type FinalChain, hashHeader, type JustifiedHeader } from '@groundwork/stake-core'

/** An accepted checkpoint: what it brought of the stake chain. */
export interface Segment extends FinalChain {
  /** Of the blocks, in their order. */
  readonly hashes: readonly Hex[]
  /** Transactions of the bodies, and the block that has each. */
  readonly transactions: ReadonlyMap<Hex, JustifiedHeader>
}

/** What the block's checkpoint brought, if the block's records say that it was accepted. */
export function acceptedSegment(items: readonly Item[], records: readonly DeriveRecord[]): Segment | null {
  if (!records.some(({ kind }) => kind === 'checkpoint-accepted')) return null
  // A block has one of each kind at most (PC5); derive took the first that made a pair.
  const checkpoint = decodeCheckpoint(opaque(items, 'checkpoint').bytes)
  const { bodies } = decodeCheckpointBodies(opaque(items, 'checkpoint-bodies').bytes)
  const transactions = new Map<Hex, JustifiedHeader>()
  for (const [i, block] of checkpoint.blocks.entries())
    for (const bytes of bodies[i]!) transactions.set(toHex(transactionId(bytes)), block)
  return {
    blocks: checkpoint.blocks,
    certificate: checkpoint.final,
    hashes: checkpoint.blocks.map(({ header }) => toHex(hashHeader(header))),
    transactions,
  }
}

function opaque(items: readonly Item[], kind: OpaqueItem['kind']): OpaqueItem {
  const item = items.find((one): one is OpaqueItem => one.kind === kind)
  assert(item !== undefined, 'an accepted checkpoint has both its items')
  return item
}
