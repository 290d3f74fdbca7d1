export type { Address } from './connection.ts'
export * from './network.ts'
export type { LinkStats, RelayStats } from './relays.ts'
export type { Lateness } from './scheduler.ts'
