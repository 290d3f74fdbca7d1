export * from './chain-state.ts'
export * from './challenge.ts'
export * from './checks.ts'
export * from './core.ts'
export * from './difficulty.ts'
export * from './effect.ts'
export * from './encoding.ts'
export * from './estimate.ts'
export * from './event.ts'
export * from './fitting.ts'
export * from './fork-choice.ts'
export * from './genesis.ts'
export * from './journal.ts'
export * from './location.ts'
export * from './lottery.ts'
export * from './message-encoding.ts'
export * from './params.ts'
export * from './private-fork.ts'
export type { Queries } from './queries.ts'
export * from './region-cap.ts'
export * from './regions.ts'
export * from './registry.ts'
export type { Stored } from './restore.ts'
export * from './rules.ts'
export * from './snapshot.ts'
export {
  type BlockNode,
  type ChallengeChain,
  defaultLimits,
  type Limits,
  type PhysicalInit,
  type PhysicalState,
} from './state.ts'
export * from './sync.ts'
export * from './types.ts'
export * from './validity.ts'
