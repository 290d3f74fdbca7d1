import type { Hash } from '@groundwork/primitives'
import { checkGenesis, genesisIdOf } from './genesis.ts'
import { type PhysicalGenesis, type PhysicalParameters, targetBlocks } from './params.ts'
import type { PhysicalEpoch, Slot } from './types.ts'

/** A genesis, and what follows from it alone. */
export interface ChainRules {
  readonly genesis: PhysicalGenesis
  readonly parameters: PhysicalParameters
  /** Hash of the genesis block and of its trunk; binds every signature to this chain. */
  readonly chainId: Hash
  /** Blocks that an epoch should have. */
  readonly target: number
}

/** Throws `PHYSICAL_PARAMETERS` on a genesis that is no good. */
export function chainRules(genesis: PhysicalGenesis): ChainRules {
  checkGenesis(genesis)
  const { parameters } = genesis
  return { genesis, parameters, chainId: genesisIdOf(genesis), target: targetBlocks(parameters) }
}

/** PC1. The genesis block, at slot 0, counts to epoch 0. */
export function epochOf(rules: ChainRules, slot: Slot): PhysicalEpoch {
  return Math.max(0, Math.floor((slot - 1) / rules.parameters.epochSlots))
}

export function firstSlotOf(rules: ChainRules, epoch: PhysicalEpoch): Slot {
  return epoch * rules.parameters.epochSlots + 1
}

export function lastSlotOf(rules: ChainRules, epoch: PhysicalEpoch): Slot {
  return (epoch + 1) * rules.parameters.epochSlots
}

/** PC2. The seed of an epoch comes from the last block up to this slot. */
export function seedCutoffOf(rules: ChainRules, epoch: PhysicalEpoch): Slot {
  return epoch * rules.parameters.epochSlots - rules.parameters.seedLagSlots
}

/** The slot that a wall clock shows; 0 before the chain's time. */
export function slotAt(genesis: PhysicalGenesis, nowMs: number): Slot {
  return Math.max(0, Math.floor((nowMs - genesis.timeMs) / genesis.parameters.slotMs) + 1)
}

/** When a slot starts on the wall clock. */
export function slotStartMs(genesis: PhysicalGenesis, slot: Slot): number {
  return genesis.timeMs + (slot - 1) * genesis.parameters.slotMs
}

/** The slot that a block of now is thought of in: no later than the epoch after the tip's, however long nothing came. */
export function currentSlot(
  rules: ChainRules,
  tip: { readonly slot: Slot; readonly epoch: { readonly number: PhysicalEpoch } },
  clock: Slot,
): Slot {
  return Math.max(tip.slot, Math.min(clock, lastSlotOf(rules, tip.epoch.number + 1)))
}
