import { equal, type Hash, toHex } from '@groundwork/primitives'
import { hashHeader } from './codec.ts'
import type { Evidence, FinalChain } from './evidence.ts'
import { justificationFault, proposalMessage, type Verify, voteFault, voteOf } from './signing.ts'
import { contradiction } from './tally.ts'
import type { Certificate, Epoch, JustifiedHeader } from './types.ts'
import { publicKeyOf } from './validator-set.ts'

/** Context for judging old objects: the epoch they belong to and the limits that were in force. */
export interface Court {
  readonly epoch: Epoch
  readonly verify: Verify
  readonly maxSkips: number
}

/**
 * Whether two final chains of one epoch cannot both be chains of honest validators. Of either the first blocks may be
 * missing: then they contradict each other only if what is there shows it. Looks at no signature.
 */
export function doContradict(a: FinalChain, b: FinalChain): boolean {
  const [first, second] = inOrder(a, b)
  return bypass(first, second) !== null
}

/**
 * Theorem 1 (accountable safety without interaction): if two finalized chains conflict, the bytes of the two chains
 * alone name validators of weight at least 2q - W who each signed a contradiction. Returns nothing if one chain is a
 * prefix of the other, or if first blocks are missing and what is there shows no contradiction. Signatures in the result
 * are checked; nothing unverified is ever accused.
 */
export function extractEvidence(court: Court, a: FinalChain, b: FinalChain): Evidence[] {
  const [first, second] = inOrder(a, b)
  const index = bypass(first, second)
  if (index === null) return []
  const at = second.blocks[index]!
  const accusations =
    at.header.view === first.certificate.view
      ? overlap(first.certificate, certificateFor(second, index))
      : skippedOver(court, first.certificate, at, certificateFor(second, index))
  return accusations.filter((evidence) => verifyEvidence(court, evidence) === null)
}

/** By the view of their certificates. */
function inOrder(a: FinalChain, b: FinalChain): [FinalChain, FinalChain] {
  return a.certificate.view <= b.certificate.view ? [a, b] : [b, a]
}

/** Where the second chain passes over the block that the first one's certificate names, or has another in its view. */
function bypass({ certificate: { view, hash } }: FinalChain, { blocks }: FinalChain): number | null {
  const index = blocks.findIndex(({ header }) => header.view >= view)
  if (index < 0) return null
  const { header } = blocks[index]!
  // The walk meets the certified block, or begins on it or above it: no conflict.
  if (header.view === view) return equal(hashHeader(header), hash) ? null : index
  if (index > 0 || header.parentView < view) return index
  return header.parentView > view || equal(header.parentHash, hash) ? null : index
}

/** What certifies the block at `index`: its child's justification, or the final certificate for the last. */
function certificateFor({ blocks, certificate }: FinalChain, index: number): Certificate | null {
  const child = blocks[index + 1]
  return child === undefined ? certificate : child.justification.parent
}

/** S1 or S2: everybody who signed both certificates. */
function overlap(a: Certificate, b: Certificate | null): Evidence[] {
  if (b === null) return []
  const found: Evidence[] = []
  for (const { voter } of a.signatures) {
    const [one, two] = [voteOf(a, voter), voteOf(b, voter)]
    if (one === undefined || two === undefined) continue
    const evidence = contradiction(two, [one])
    if (evidence !== undefined) found.push(evidence)
  }
  return found
}

/**
 * The block jumps over the finalized view: its embedded SKIP contradicts the FINAL (S2), or it has no valid one (S3). If it
 * stands on another block of that view, the certificate for its parent does (S1).
 */
function skippedOver(
  court: Court,
  final: Certificate,
  block: JustifiedHeader,
  votes: Certificate | null,
): Evidence[] {
  const { header, justification } = block
  const fault = justificationFault(court.epoch, header, justification, court.verify, court.maxSkips)
  if (fault === null) {
    const { parent, skips } = justification
    return overlap(final, [parent, ...skips].find((one) => one?.view === final.view) ?? null)
  }
  const found: Evidence[] = []
  for (const { voter } of votes?.signatures ?? []) {
    const vote = votes === null ? undefined : voteOf(votes, voter)
    if (vote === undefined) continue
    const { epochId, view } = vote
    found.push({ rule: 'S3', epochId, view, offender: voter, vote, block: { header, justification } })
  }
  return found
}

/** Why evidence proves nothing, or null if it does. Every signature in it is checked. */
export function verifyEvidence(court: Court, evidence: Evidence): string | null {
  const { epoch } = court
  if (publicKeyOf(epoch, evidence.offender) === undefined) return 'evidence-offender'
  if (!equal(evidence.epochId, epoch.id)) return 'evidence-epoch'
  switch (evidence.rule) {
    case 'S1':
    case 'S2': {
      const { a, b } = evidence
      for (const vote of [a, b]) {
        if (vote.voter !== evidence.offender || vote.view !== evidence.view) return 'evidence-vote'
        const fault = voteFault(epoch, vote, court.verify)
        if (fault !== null) return fault
      }
      return contradiction(b, [a])?.rule === evidence.rule ? null : 'evidence-no-contradiction'
    }
    case 'S3': {
      const { vote, block } = evidence
      if (vote.voter !== evidence.offender || vote.view !== evidence.view || vote.type === 'skip')
        return 'evidence-vote'
      if (!equal(vote.hash, hashHeader(block.header)) || vote.view !== block.header.view)
        return 'evidence-block'
      const fault = voteFault(epoch, vote, court.verify)
      if (fault !== null) return fault
      // A wrong preimage proves nothing about the voter: only the justification that the header commits to counts.
      const broken = justificationFault(
        epoch,
        block.header,
        block.justification,
        court.verify,
        court.maxSkips,
      )
      return broken === null || broken === 'justification-root' ? 'evidence-justified' : null
    }
    case 'S5':
      return verifyDoubleProposal(court, evidence)
  }
}

function verifyDoubleProposal(
  { epoch, verify }: Court,
  { a, b, offender, view }: Extract<Evidence, { rule: 'S5' }>,
): string | null {
  const hashes: Hash[] = []
  for (const { header, signature } of [a, b]) {
    if (header.view !== view || header.proposer !== offender || !equal(header.epochId, epoch.id))
      return 'evidence-proposal'
    const hash = hashHeader(header)
    const publicKey = publicKeyOf(epoch, offender)
    if (publicKey === undefined || !verify(publicKey, proposalMessage(hash), signature))
      return 'evidence-signature'
    hashes.push(hash)
  }
  const [one, two] = hashes as [Hash, Hash]
  return equal(one, two) ? 'evidence-no-contradiction' : null
}

/** A key under which equal evidence is counted once. */
export function evidenceKey({ rule, view, offender, epochId }: Evidence): string {
  return `${toHex(epochId).slice(0, 16)}:${view}:${offender}:${rule}`
}
