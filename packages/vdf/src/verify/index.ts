export { canonical, elementBytes, hashToGroup, isElement, modulus } from './group.ts'
export { challengeWithoutVdf, withoutVdfWarning } from './none.ts'
export { type ArithmeticPath, bigIntPowers, type Powers } from './power.ts'
export { hashToPrime, isProbablePrime } from './prime.ts'
export {
  isStatement,
  maxContextBytes,
  maxIterations,
  type Statement,
  slotContext,
} from './statement.ts'
export { type Claim, verify } from './verify.ts'
