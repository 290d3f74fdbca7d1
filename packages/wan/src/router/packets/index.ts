export * from './packets.ts'
export * from './probe.ts'
