export * from './level-store.ts'
export * from './physical-store.ts'
