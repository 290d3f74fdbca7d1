export type { Lateness } from '../timing/scheduler.ts'
export type { Address } from './connection.ts'
export * from './network.ts'
export type { LinkStats, RelayStats } from './relays.ts'
