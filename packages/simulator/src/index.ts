export * from './byzantine/index.ts'
export * from './cluster.ts'
export type { Conflict, Monitor, Violation } from './monitor.ts'
export type { NodeFact, SimulatedNode } from './node.ts'
