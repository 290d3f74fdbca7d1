export * from './leak.ts'
export * from './machine.ts'
export * from './types.ts'
export * from './window.ts'
