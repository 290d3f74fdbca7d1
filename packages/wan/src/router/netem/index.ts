export * from './netem.ts'
export * from './probe.ts'
