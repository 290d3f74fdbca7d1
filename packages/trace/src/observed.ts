import { toHex } from '@groundwork/primitives'
import {
  type Certificate,
  type Epoch,
  encodeCertificate,
  encodeEvidence,
  encodeJustifiedHeader,
  type FinalizedBlock,
  type Observation,
} from '@groundwork/stake-core'
import type { EpochRecord } from './hybrid-record.ts'
import type { RecordBase, RecordOf, TraceFact } from './record.ts'

/** The record of what a core observed; null for observations that are only counted or logged. */
export function observedFact(observation: Observation): TraceFact | null {
  switch (observation.kind) {
    case 'view-entered':
      return observation
    case 'proposed':
    case 'proposal-received':
    case 'proposal-invalid':
    case 'voted':
    case 'certified':
      return { ...observation, hash: toHex(observation.hash) }
    case 'evidence': {
      const { evidence } = observation
      const { rule, view, offender } = evidence
      return { kind: 'evidence', rule, view, offender, evidence: toHex(encodeEvidence(evidence)) }
    }
    default:
      return null
  }
}

type Finalized = Omit<RecordOf<'finalized'>, keyof RecordBase>

/** One record a block, oldest first; the last carries the certificate that covers them all. */
export function finalizedFacts(blocks: readonly FinalizedBlock[], certificate: Certificate): Finalized[] {
  return blocks.map(({ block, hash, transactionIds }, i) => ({
    kind: 'finalized',
    view: block.header.view,
    height: block.header.height,
    hash: toHex(hash),
    parent: toHex(block.header.parentHash),
    proposer: block.header.proposer,
    proof: toHex(encodeJustifiedHeader(block)),
    certificate: i === blocks.length - 1 ? toHex(encodeCertificate(certificate)) : null,
    transactions: transactionIds.map(toHex),
  }))
}

export function epochRecord(epoch: Epoch): EpochRecord {
  return {
    epochId: toHex(epoch.id),
    chainId: toHex(epoch.chainId),
    number: epoch.number,
    genesisHash: toHex(epoch.genesisHash),
    seed: toHex(epoch.seed),
    validators: epoch.validators.validators.map(({ publicKey, weight }) => ({
      publicKey: toHex(publicKey),
      weight,
    })),
  }
}
