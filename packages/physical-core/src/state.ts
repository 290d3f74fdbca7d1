import type { Bytes, Hash, Hex } from '@groundwork/primitives'
import type { ChainState } from './chain-state.ts'
import type { Want } from './effect.ts'
import type { OwnPlot } from './event.ts'
import { createMempool, type Mempool } from './mempool.ts'
import type { ChainRules } from './rules.ts'
import type { SignRecord } from './sign-record.ts'
import type { Height, Item, Peer, PhysicalEpoch, PhysicalHeader, PlotId, Slot, SlotProof } from './types.ts'
import type { MeasuredBlock } from './validity.ts'

/** A valid block above (or at) the root. */
export interface BlockNode {
  readonly key: Hex
  readonly parent: Hex
  readonly chain: ChainState
  /** Lottery number: the lower one wins a tie. */
  readonly u: bigint
  readonly plotId: PlotId
  readonly farmer: Bytes
  /** Kept for a while, so that what a reorg takes back can be put on the chain again; then null. */
  items: readonly Item[] | null
}

/** PC3. The y of an epoch's slots on one fork, without gaps from its first slot. */
export interface ChallengeChain {
  readonly key: Hex
  readonly seed: Hash
  readonly epoch: PhysicalEpoch
  readonly ys: Bytes[]
  /** Proofs of later slots, until what lies between is known. */
  readonly held: Map<Slot, { readonly proof: SlotProof; readonly live: boolean }>
}

export interface WaitingBlock {
  readonly block: MeasuredBlock
  readonly from: Peer | null
  /** PC7. `future`: until its slot is due. */
  readonly reason: 'future' | 'parent' | 'slot'
}

export interface Wanted {
  readonly want: Want
  readonly hint: Peer | null
  askedAt: Slot
  asked: number
}

export interface LookUp {
  readonly seed: Hash
  readonly slot: Slot
}

export interface Proving {
  readonly plotId: PlotId
  readonly slot: Slot
  readonly seed: Hash
  readonly quality: Hash
}

/** Owned and changed by `step` alone; plain data. */
export interface PhysicalState {
  started: boolean
  /** Where the wall clock is. */
  clock: Slot
  readonly nodes: Map<Hex, BlockNode>
  readonly byHeight: Map<Height, Hex[]>
  /** The best chain from the root to the tip. */
  readonly best: Hex[]
  /** Everything held descends from it; the tip's chain can no longer leave it. */
  root: Hex
  tip: Hex
  readonly chains: Map<Hex, ChallengeChain>
  readonly waiting: Map<Hex, WaitingBlock>
  /** Names of blocks that are invalid whatever comes; the oldest are forgotten. */
  readonly refused: Set<Hex>
  readonly wanted: Map<string, Wanted>
  readonly mempool: Mempool
  /** Blocks that still have their items, oldest first. */
  readonly withItems: Hex[]
  plots: readonly OwnPlot[]
  readonly signed: SignRecord
  /** Slots whose look-up is due or will be. */
  readonly lookUps: Map<string, LookUp>
  readonly proving: Map<string, Proving>
  /** First foliages by plot and slot. */
  readonly foliages: Map<string, PhysicalHeader>
  /** Plots and slots whose equivocation was reported. */
  readonly accused: Set<string>
  /** PC15. What the timelord works at, and how far it may go before the next slot starts. */
  evaluating: LookUp | null
  evaluateUpTo: Slot
  /** Input that was dropped, by reason. */
  readonly refusals: Map<string, number>
}

/** Bounds of what one node holds: no part of consensus, but for `reorgDepth`, beyond which it follows no other fork. */
export interface Limits {
  readonly reorgDepth: number
  readonly orphans: number
  readonly orphanBytes: number
  readonly wants: number
  /** Slots after which a fetch is given up. */
  readonly fetchSlots: number
  readonly heldItems: number
}

export const defaultLimits: Limits = {
  reorgDepth: 2048,
  orphans: 256,
  orphanBytes: 16_777_216,
  wants: 64,
  fetchSlots: 64,
  heldItems: 256,
}

export interface PhysicalInit {
  readonly rules: ChainRules
  /** Null: follows without farming. `sign` is deterministic or not, and is asked once per plot and slot. */
  readonly farmer: { readonly publicKey: Bytes; readonly sign: (message: Bytes) => Bytes } | null
  readonly timelord: boolean
  readonly limits?: Partial<Limits>
}

export function emptyState(root: BlockNode, signed: SignRecord): PhysicalState {
  return {
    started: false,
    clock: 0,
    nodes: new Map([[root.key, root]]),
    byHeight: new Map([[root.chain.height, [root.key]]]),
    best: [root.key],
    root: root.key,
    tip: root.key,
    chains: new Map(),
    waiting: new Map(),
    refused: new Set(),
    wanted: new Map(),
    mempool: createMempool(),
    withItems: [],
    plots: [],
    signed,
    lookUps: new Map(),
    proving: new Map(),
    foliages: new Map(),
    accused: new Set(),
    evaluating: null,
    evaluateUpTo: 0,
    refusals: new Map(),
  }
}

export function nodeOf(state: PhysicalState, key: Hex): BlockNode {
  return state.nodes.get(key)!
}

export function tipOf(state: PhysicalState): BlockNode {
  return nodeOf(state, state.tip)
}
