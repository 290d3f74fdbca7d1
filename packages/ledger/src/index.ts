export * from './ledger.ts'
export * from './proof.ts'
export * from './transfer.ts'
export type { Account, Trie } from './trie.ts'
