export type * from './effect.ts'
export type * from './follower.ts'
export type * from './ledger.ts'
