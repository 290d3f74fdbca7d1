export type { ForgedEpoch, SeizedKey } from './council.ts'
export { type RewriteInit, rewriteHistory } from './history.ts'
export { type HistoryServer, historyServer } from './server.ts'
