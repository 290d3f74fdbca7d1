export * from './mode/index.ts'
export * from './params.ts'
export * from './recovery.ts'
export * from './rules.ts'
