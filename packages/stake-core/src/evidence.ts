import type { Hash } from '@groundwork/primitives'
import type { Certificate, JustifiedHeader, Proposal, ValidatorIndex, View, Vote } from './types.ts'

/** Two signed objects of one validator in one (epoch, view) that no honest validator signs both of (protocol 1.4). */
export type Evidence =
  /** S1: votes from {NOTAR, FINAL} with different hashes; S2: SKIP and FINAL. */
  | {
      readonly rule: 'S1' | 'S2'
      readonly epochId: Hash
      readonly view: View
      readonly offender: ValidatorIndex
      readonly a: Vote
      readonly b: Vote
    }
  /** S3: NOTAR or FINAL for a header whose justification is invalid. */
  | {
      readonly rule: 'S3'
      readonly epochId: Hash
      readonly view: View
      readonly offender: ValidatorIndex
      readonly vote: Vote
      readonly block: JustifiedHeader
    }
  /** S5: two proposals of the leader for one view. */
  | {
      readonly rule: 'S5'
      readonly epochId: Hash
      readonly view: View
      readonly offender: ValidatorIndex
      readonly a: Pick<Proposal, 'signature'> & JustifiedHeader
      readonly b: Pick<Proposal, 'signature'> & JustifiedHeader
    }

/** A finalized chain of justified headers, oldest first, whose last is covered by the FINAL certificate. */
export interface FinalChain {
  readonly blocks: readonly JustifiedHeader[]
  readonly certificate: Certificate
}
