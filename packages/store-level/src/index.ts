export * from './level-store.ts'
