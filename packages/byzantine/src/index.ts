export * from './consensus/index.ts'
export * from './physical/index.ts'
export * from './rewrite/index.ts'
export * from './stake/index.ts'
