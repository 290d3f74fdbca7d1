import { type Hash, type Hex, hash, toHex } from '@groundwork/primitives'
import { admissionFault } from './blocks.ts'
import { advance, type ChainState } from './chain-state.ts'
import { createContext } from './context.ts'
import type { TipSummary } from './effect.ts'
import { epochOf } from './rules.ts'
import { slotFault } from './slots.ts'
import { encodeChainState } from './snapshot.ts'
import { nodeOf, type PhysicalInit, type PhysicalState, tipOf } from './state.ts'
import { summaryOf } from './tip.ts'
import type { Height, PhysicalBlock, SlotProof } from './types.ts'
import { measure, shapeFault, validate } from './validity.ts'

/** Answers about the core's state. None of them changes it. */
export interface Queries {
  tip(): TipSummary
  /** After the tip. */
  chain(): ChainState
  /** PC1. Blocks on top of this one on the best chain; null if it is not there, or below the root. */
  depthOf(hash: Hash): number | null
  /** The newest block of the best chain that is `depth` deep (kappa if not given); genesis in the beginning. */
  confirmed(depth?: number): TipSummary
  /** Of the best chain, if at or above the root. */
  hashAt(height: Height): Hash | null
  /** State after a block at or above the root, on whatever fork. */
  chainOf(hash: Hash): ChainState | null
  /** Heights of the best chain that are held. */
  heights(): { readonly root: Height; readonly tip: Height }
  /** Hashes of the best chain, newest first, ever further apart; the last is genesis. */
  locator(): Hash[]
  /** Slots of the last `window` up to the tip that have a block on the best chain. */
  activeSlots(window: number): number
  /** Equal for equal best chains. */
  stateHash(): Hash
  /** Why a block is not worth its costly checks (`known` if it is here), or null. Knows everything but the lottery and y. */
  blockFault(block: PhysicalBlock): string | null
  /** The same for a slot proof. */
  slotFault(proof: SlotProof): string | null
}

export function createQueries(init: PhysicalInit, state: PhysicalState): Queries {
  const { rules } = init
  const rootHeight = () => nodeOf(state, state.root).chain.height
  const bestAt = (height: Height): Hex | undefined => state.best[height - rootHeight()]
  return {
    tip: () => summaryOf(tipOf(state)),
    chain: () => tipOf(state).chain,
    depthOf(hash) {
      const node = state.nodes.get(toHex(hash))
      if (node === undefined || bestAt(node.chain.height) !== node.key) return null
      return tipOf(state).chain.height - node.chain.height
    },
    confirmed(depth = rules.parameters.kappa) {
      const height = Math.max(rootHeight(), tipOf(state).chain.height - depth)
      return summaryOf(nodeOf(state, bestAt(height)!))
    },
    hashAt(height) {
      const key = bestAt(height)
      return key === undefined ? null : nodeOf(state, key).chain.hash
    },
    chainOf: (hash) => state.nodes.get(toHex(hash))?.chain ?? null,
    heights: () => ({ root: rootHeight(), tip: tipOf(state).chain.height }),
    locator() {
      const hashes: Hash[] = []
      for (let back = 0, step = 1; back < state.best.length; back += step) {
        hashes.push(nodeOf(state, state.best.at(-1 - back)!).chain.hash)
        if (hashes.length >= 10) step *= 2
      }
      const root = nodeOf(state, state.root).chain.hash
      if (toHex(hashes.at(-1)!) !== state.root) hashes.push(root)
      if (rootHeight() > 0) hashes.push(rules.chainId)
      return hashes
    },
    activeSlots(window) {
      const { slot } = tipOf(state).chain
      let count = 0
      for (let i = state.best.length - 1; i >= 0; i--) {
        const node = nodeOf(state, state.best[i]!)
        if (node.chain.slot <= slot - window || node.chain.height === 0) break
        count++
      }
      return count
    },
    stateHash: () => hash('groundwork/physical-state/1', encodeChainState(tipOf(state).chain)),
    blockFault(block) {
      const measured = measure({ block, quality: rules.chainId })
      const key = toHex(measured.hash)
      if (state.nodes.has(key) || state.waiting.has(key)) return 'known'
      const fault = shapeFault(rules, measured) ?? admissionFault(createContext(init, state), measured, key)
      const parent = state.nodes.get(toHex(block.foliage.parentHash))
      if (fault !== null || parent === undefined) return fault
      const verdict = validate(rules, parent.chain, measured)
      const isOpen = verdict.kind === 'valid' || needsQuality.has(verdict.reason)
      return isOpen ? null : verdict.reason
    },
    slotFault: (proof) => slotFault(createContext(init, state), proof),
  }
}

const needsQuality: ReadonlySet<string> = new Set(['lottery-lost', 'work-quality'])

/** The chain after the tip as a block of the given slot would meet it. */
export function chainAt(init: PhysicalInit, state: PhysicalState, slot: number): ChainState {
  return advance(init.rules, tipOf(state).chain, epochOf(init.rules, slot))
}
