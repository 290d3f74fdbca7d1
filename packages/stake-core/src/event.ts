import type { Transaction, TransactionBytes } from '@groundwork/ledger'
import type { Hash } from '@groundwork/primitives'
import type { Certificate, Peer, Proposal, Status, View, Vote } from './types.ts'

/**
 * What a host tells the core. Network events were decoded and admitted (admission.ts): every signature in them is good,
 * so the core checks meaning only. `from` is the peer it came from: a process, which need not be the signer.
 */
export type Event =
  /**
   * Once, after the journal was folded: re-emits own votes above the floor, starts timers, fetches what is missing.
   * Not `signing`: takes part in everything but voting and proposing.
   */
  | { readonly kind: 'start'; readonly signing: boolean }
  | { readonly kind: 'timer'; readonly timer: Timer }
  | { readonly kind: 'vote'; readonly vote: Vote; readonly from: Peer }
  | { readonly kind: 'certificate'; readonly certificate: Certificate; readonly from: Peer }
  | { readonly kind: 'proposal'; readonly proposal: AdmittedProposal; readonly from: Peer }
  | { readonly kind: 'blocks'; readonly proposals: readonly AdmittedProposal[]; readonly from: Peer }
  | { readonly kind: 'status'; readonly status: Status; readonly from: Peer }
  | { readonly kind: 'transactions'; readonly transactions: readonly AdmittedTransaction[] }
  | { readonly kind: 'peer-up' | 'peer-down'; readonly peer: Peer }
  /** The physical chain as this node now sees it, in the shape that the block rules know. What waited is looked at again. */
  | { readonly kind: 'physical'; readonly view: object }

export type Timer =
  /** minViewTime after entering `view` is over: the leader may propose. */
  | { readonly kind: 'propose'; readonly view: View }
  /** T(view) of R8; stale unless it was started after the last stop (R12). `restart` counts stops, left out while it is 0. */
  | { readonly kind: 'view'; readonly view: View; readonly restart?: number }
  /** The certificates of `view` have been known for a while: relay them where they may be missing (R5). */
  | { readonly kind: 'relay'; readonly view: View }
  /** T_s of R7; stale unless finalView still is `finalView`. */
  | { readonly kind: 'standstill'; readonly finalView: View; readonly round: number }
  | { readonly kind: 'fetch'; readonly hash: Hash; readonly attempt: number }

export interface AdmittedTransaction {
  readonly id: Hash
  readonly bytes: TransactionBytes
  readonly transaction: Transaction
}

/** A proposal whose signatures were checked; what was wrong inside it is data, because it decides votes (R2, R4). */
export interface AdmittedProposal {
  readonly proposal: Proposal
  readonly hash: Hash
  readonly transactions: readonly AdmittedTransaction[]
  /** Why the justification (with the parent certificate and all signatures) is invalid, or null. */
  readonly justificationFault: string | null
  /** Why the body cannot belong to the header (root, size, undecodable or wrongly signed transaction), or null. */
  readonly bodyFault: string | null
}
