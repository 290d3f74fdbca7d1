export * from './block-store.ts'
export * from './case.ts'
export * from './fixtures.ts'
export * from './journal.ts'
