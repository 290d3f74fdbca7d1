export * from './admission.ts'
export * from './api.ts'
export * from './metrics.ts'
export * from './node.ts'
