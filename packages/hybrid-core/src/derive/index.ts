export * from './account-proof.ts'
export * from './charges.ts'
export * from './derive.ts'
export { successorOf } from './epochs.ts'
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
