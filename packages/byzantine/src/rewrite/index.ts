export type { ForgedEpoch, SeizedKey } from './council.ts'
export {
  type CheckpointOf,
  type Rewriting,
  type RewritingInit,
  rewriteNewest,
  rewritingDetail,
  rewritingItems,
} from './rewriting.ts'
export { type HistoryPort, type HistoryServer, historyAnswers, historyServer } from './server.ts'
