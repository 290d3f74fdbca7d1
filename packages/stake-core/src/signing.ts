import { ascii, type Bytes, concat, encode, equal, type Hash, isZero } from '@groundwork/primitives'
import { hashHeader, hashJustification, writeVoteType } from './codec.ts'
import { leaderSchedule } from './leader.ts'
import type {
  Certificate,
  Epoch,
  Header,
  Justification,
  Proposal,
  ValidatorIndex,
  View,
  Vote,
  VoteType,
} from './types.ts'
import { publicKeyOf } from './validator-set.ts'

/** Checks one signature. Injected, so that the core stays free of any one implementation. */
export type Verify = (publicKey: Bytes, message: Bytes, signature: Bytes) => boolean

const voteDomain = ascii('groundwork/vote/1')
const proposalDomain = ascii('groundwork/proposal/1')

/** What a vote signs: canonical bytes under a domain, bound to the epoch. */
export function voteMessage(epochId: Hash, view: View, type: VoteType, blockHash: Hash): Bytes {
  const fields = encode((out) => {
    out.fixed(epochId, 32)
    out.u64(view)
    writeVoteType(out, type)
    out.fixed(blockHash, 32)
  })
  return concat(voteDomain, fields)
}

/** What a proposer signs. The header carries the epoch id. */
export function proposalMessage(blockHash: Hash): Bytes {
  return concat(proposalDomain, blockHash)
}

/** Why a vote is not acceptable, or null. A voter out of range is an ordinary fault (ASA-2024-011). */
export function voteFault(epoch: Epoch, vote: Vote, verify: Verify): string | null {
  const publicKey = publicKeyOf(epoch, vote.voter)
  if (publicKey === undefined) return 'vote-voter-unknown'
  if (!equal(vote.epochId, epoch.id)) return 'vote-epoch'
  if ((vote.type === 'skip') !== isZero(vote.hash)) return 'vote-hash'
  return verify(publicKey, voteMessage(vote.epochId, vote.view, vote.type, vote.hash), vote.signature)
    ? null
    : 'vote-signature'
}

/** Why a certificate is not one, or null: structure, weight, and every signature (CometBFT #1749). */
export function certificateFault(epoch: Epoch, certificate: Certificate, verify: Verify): string | null {
  if (!equal(certificate.epochId, epoch.id)) return 'certificate-epoch'
  if ((certificate.type === 'skip') !== isZero(certificate.hash)) return 'certificate-hash'
  let weight = 0
  let previous = -1
  for (const { voter } of certificate.signatures) {
    const validator = epoch.validators.validators[voter]
    if (validator === undefined) return 'certificate-voter-unknown'
    if (voter <= previous) return 'certificate-order'
    previous = voter
    weight += validator.weight
  }
  if (weight < epoch.validators.quorum) return 'certificate-weight'
  const message = voteMessage(certificate.epochId, certificate.view, certificate.type, certificate.hash)
  for (const { voter, signature } of certificate.signatures) {
    if (!verify(publicKeyOf(epoch, voter) as Bytes, message, signature)) return 'certificate-signature'
  }
  return null
}

/**
 * Why a header's justification is invalid (predicate justValid), or null: the parent must be certified and every view
 * between the parent's and the header's must be skipped by a certificate of its own.
 */
export function justificationFault(
  epoch: Epoch,
  header: Header,
  justification: Justification,
  verify: Verify,
  maxSkips: number,
): string | null {
  if (!equal(hashJustification(justification), header.justificationRoot)) return 'justification-root'
  const shape = justificationShapeFault(epoch, header, justification, maxSkips)
  if (shape !== null) return shape
  for (const certificate of [justification.parent, ...justification.skips]) {
    const fault = certificate === null ? null : certificateFault(epoch, certificate, verify)
    if (fault !== null) return `justification-${fault}`
  }
  return null
}

function justificationShapeFault(
  epoch: Epoch,
  header: Header,
  { parent, skips }: Justification,
  maxSkips: number,
): string | null {
  if (header.parentView >= header.view) return 'justification-views'
  if (parent === null) {
    if (header.parentView !== 0 || !equal(header.parentHash, epoch.genesisHash))
      return 'justification-parent-missing'
  } else {
    if (parent.type === 'skip' || parent.view !== header.parentView) return 'justification-parent'
    if (!equal(parent.hash, header.parentHash)) return 'justification-parent'
  }
  if (skips.length > maxSkips) return 'justification-too-long'
  if (skips.length !== header.view - header.parentView - 1) return 'justification-skips'
  for (const [i, skip] of skips.entries()) {
    if (skip.type !== 'skip' || skip.view !== header.parentView + 1 + i) return 'justification-skips'
  }
  return null
}

/** Why a proposal was not made by the leader of its view, or null. */
export function proposerFault(epoch: Epoch, { block, signature }: Proposal, verify: Verify): string | null {
  const { header } = block
  if (!equal(header.epochId, epoch.id)) return 'proposal-epoch'
  if (header.view < 1 || leaderSchedule(epoch)(header.view) !== header.proposer) return 'proposal-leader'
  const publicKey = publicKeyOf(epoch, header.proposer) as Bytes
  return verify(publicKey, proposalMessage(hashHeader(header)), signature) ? null : 'proposal-signature'
}

export function voteOf(certificate: Certificate, voter: ValidatorIndex): Vote | undefined {
  const signed = certificate.signatures.find((signature) => signature.voter === voter)
  if (signed === undefined) return undefined
  const { epochId, view, type, hash } = certificate
  return { epochId, view, type, hash, voter, signature: signed.signature }
}
