export * from './chain.ts'
export { checkpointItems, itemsOfCheckpoint } from './checkpoint-duty.ts'
export { createHybridFollower } from './create.ts'
export type * from './effect.ts'
export * from './feed.ts'
export type * from './follower.ts'
export {
  compactJournal,
  type FollowerJournalEntry,
  isVote,
  type ToldBlock,
  type VoteJournalEntry,
} from './journal.ts'
export type * from './ledger.ts'
export { createFarmerPolicy, type FarmerPolicy, type PolicyChange } from './policy.ts'
export * from './recorded-chain.ts'
export * from './replay.ts'
export { verifiedProofs, verifiedSignatures } from './signatures.ts'
export * from './snapshots.ts'
