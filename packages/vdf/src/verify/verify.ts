import type { Bytes } from '@groundwork/primitives'
import { canonical, decodeCanonical, decodeElement, modulus } from './group.ts'
import { bigIntPowers, type Powers, powerOfTwo } from './power.ts'
import { hashToPrime } from './prime.ts'
import { isContext, isIterations, type Statement } from './statement.ts'

export interface Claim extends Statement {
  /** 256 bytes in [1, N/2]. */
  readonly proof: Bytes
}

/**
 * Whether the proof shows the statement: proof^l * x^(2^iterations mod l) = y up to the sign, for the challenge prime l
 * (Wesolowski, eprint 2018/623, section 3.1, in the group (Z/N)* / {1, -1}). Never throws: false for whatever it is given
 * that is not a claim in its canonical form. Takes as long for 2^24 iterations as for one. `powers` are for whoever has
 * faster ones.
 */
export function verify(claim: Claim, powers: Powers = bigIntPowers): boolean {
  if (typeof claim !== 'object' || claim === null) return false
  const { iterations, context } = claim
  if (!isIterations(iterations) || !isContext(context)) return false
  const x = decodeElement(claim.x)
  const y = decodeElement(claim.y)
  const proof = decodeCanonical(claim.proof)
  if (x === null || y === null || proof === null) return false
  const prime = hashToPrime(claim, powers)
  const rest = powerOfTwo(BigInt(iterations), prime)
  return canonical(powers.powerProduct(proof, prime, x, rest, modulus)) === y
}
