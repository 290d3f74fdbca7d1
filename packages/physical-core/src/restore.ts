import { type Bytes, toHex, zeroHash } from '@groundwork/primitives'
import { onBlock, placeWaiting } from './blocks.ts'
import { genesisState } from './chain-state.ts'
import { createContext } from './context.ts'
import type { CheckedBlock } from './event.ts'
import type { PhysicalJournalEntry } from './journal.ts'
import { epochOf } from './rules.ts'
import { foldSigned } from './sign-record.ts'
import { challengeChain, nextSlotOf } from './slots.ts'
import { decodeSnapshot } from './snapshot.ts'
import { type BlockNode, emptyState, type PhysicalInit, type PhysicalState } from './state.ts'
import { followTip } from './tip.ts'
import type { SlotProof } from './types.ts'

/** What a store and a journal give back. Nothing of it is checked again that was checked when it came. */
export interface Stored {
  /** The newest `store-snapshot`. */
  readonly snapshot?: Bytes
  /** Blocks above the snapshot's height, parents before children. */
  readonly blocks?: Iterable<CheckedBlock>
  /** Slots of the snapshot's epoch and later ones, ascending. */
  readonly slots?: Iterable<SlotProof>
  readonly journal?: readonly PhysicalJournalEntry[]
}

/** PC17. Nothing is said and nothing is signed while a store is folded. Throws `CODEC_*` on a snapshot that is none. */
export function restore(init: PhysicalInit, stored: Stored): PhysicalState {
  const root = stored.snapshot === undefined ? genesisNode(init) : decodeSnapshot(init.rules, stored.snapshot)
  const state = emptyState(root, foldSigned(stored.journal ?? []))
  const context = createContext(init, state)
  for (const proof of stored.slots ?? []) {
    const chain = challengeChain(context, proof.seed, epochOf(init.rules, proof.slot))
    if (nextSlotOf(context, chain) === proof.slot) chain.ys.push(proof.y)
  }
  for (const block of stored.blocks ?? []) {
    // Whatever was stored was due.
    state.clock = Math.max(state.clock, block.block.trunk.slot)
    onBlock(context, block, null)
  }
  placeWaiting(context)
  followTip(context)
  state.clock = 0
  state.waiting.clear()
  state.wanted.clear()
  state.refusals.clear()
  return state
}

function genesisNode({ rules }: PhysicalInit): BlockNode {
  const chain = genesisState(rules)
  // Not better than anything: no block competes with it.
  return { key: toHex(chain.hash), parent: '', chain, u: 0n, plotId: zeroHash, farmer: zeroHash, items: [] }
}
