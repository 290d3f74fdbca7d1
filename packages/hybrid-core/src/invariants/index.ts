export * from './invariants.ts'
