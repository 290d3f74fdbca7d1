export { type CheckPoolInit, createCheckPool } from './check-pool.ts'
export * from './pure.ts'
