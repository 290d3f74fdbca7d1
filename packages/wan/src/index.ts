export * from './link-table.ts'
