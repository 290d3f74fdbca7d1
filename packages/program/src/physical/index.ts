export * from './node.ts'
export { threadUrl } from './threads.ts'
