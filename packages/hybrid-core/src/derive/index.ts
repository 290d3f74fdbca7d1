export * from './account-proof.ts'
export { countRecordedVote, countSpaceVote } from './ballots.ts'
export * from './charges.ts'
export { acceptCheckpoint, type OfferedCheckpoint } from './checkpoints.ts'
export * from './derive.ts'
export { keysAround, successorOf } from './epochs.ts'
export { type ExecutedBodies, executedBodies } from './executed.ts'
export * from './ledgers.ts'
export * from './loss.ts'
export type * from './record.ts'
export { deriveRoot } from './root.ts'
export {
  anchorRange,
  blockBytes,
  bodyRoom,
  checkpointFrameBytes,
  creditAfter,
  type Extension,
  executeBody,
  executePending,
  extendPosition,
  forcedRootOf,
  isTerminal,
  nextValidators,
  type Position,
} from './segment.ts'
export { decodeState, encodeState, snapshotVersion } from './snapshot.ts'
export * from './state.ts'
