import type { Hash } from '@groundwork/primitives'
import type { Certificate, Proposal, Vote } from './types.ts'

/** The epoch that an entry is about. */
export function journalEpochOf(entry: JournalEntry): Hash {
  switch (entry.kind) {
    case 'voted':
    case 'witnessed':
      return entry.vote.epochId
    case 'proposed':
    case 'block':
      return entry.proposal.block.header.epochId
    case 'certificate':
    case 'finalized':
      return entry.certificate.epochId
    case 'entered':
      return entry.epochId
  }
}

/**
 * A durable fact, written before anything that depends on it leaves the node (protocol rules 1.5). Folding the entries
 * of a journal in order gives back the state of a validator that crashed.
 */
export type JournalEntry =
  /** An own vote, with its signature: the sign journal. */
  | { readonly kind: 'voted'; readonly vote: Vote }
  /** An own proposal. */
  | { readonly kind: 'proposed'; readonly proposal: Proposal }
  /** A block that this node voted for or that a certificate names. */
  | { readonly kind: 'block'; readonly proposal: Proposal }
  | { readonly kind: 'certificate'; readonly certificate: Certificate }
  /** A vote or a proposal of someone else that conflicts with an earlier one: half of a piece of evidence. */
  | { readonly kind: 'witnessed'; readonly vote: Vote }
  /** The floor moved: the FINAL certificate of the newest finalized block. Entries at or below its view may be dropped. */
  | { readonly kind: 'finalized'; readonly certificate: Certificate; readonly height: number }
  /** An epoch was entered, the chain's first excepted: nothing is ever signed in one before it, nor beside it. */
  | ({ readonly kind: 'entered' } & EnteredEpoch)

/** Where an epoch stands among all. An exit may name a lower number than what it makes void had reached. */
export interface EnteredEpoch {
  readonly generation: number
  readonly number: number
  readonly epochId: Hash
}

/** Negative if `a` comes before `b`; 0 also for two that exclude each other. */
export function compareEpochs(a: Omit<EnteredEpoch, 'epochId'>, b: Omit<EnteredEpoch, 'epochId'>): number {
  return a.generation - b.generation || a.number - b.number
}
