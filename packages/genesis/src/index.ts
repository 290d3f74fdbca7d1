export * from './genesis.ts'
export * from './parse.ts'
export type { GenesisFile } from './schema.ts'
