/** Everything but the checking threads: runs wherever JavaScript does. */
export type { BlockVerdict, Checker, CheckPool, VerifySignature } from './check.ts'
export { createChecker, slotClaim } from './check.ts'
export { createFrameServer } from './frame-server.ts'
export * from './host.ts'
export type { Acceptance } from './inbound.ts'
export { messageIn, topicOf } from './messages.ts'
export { createServer, type PhysicalRequest, type PhysicalServer } from './server.ts'
