export * from './interpreter.ts'
