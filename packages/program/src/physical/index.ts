export * from './facts.ts'
export * from './metrics.ts'
export * from './node.ts'
export { threadUrl } from './threads.ts'
