export { type HybridRulesInit, hybridRules, startAt } from './hybrid-rules.ts'
export { type HybridPosition, hybridPosition } from './position.ts'
export { type Resumed, resumeAt, type StoredChain } from './resume.ts'
