export * from './execution.ts'
export * from './lots.ts'
export * from './slash.ts'
