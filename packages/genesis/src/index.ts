export * from './genesis.ts'
export * from './parse.ts'
export { formatPhysicalGenesis, parsePhysicalGenesis } from './physical.ts'
export type { GenesisFile } from './schema.ts'
