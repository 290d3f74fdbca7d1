import type { Certificate, Message, Proposal } from '@groundwork/stake-core'

const signatureBytes = 64
const headerBytes = 330

/** Roughly what a message weighs on the wire; only links with a rate ask. */
export function approximateBytes(message: Message): number {
  switch (message.kind) {
    case 'vote':
      return 150
    case 'certificate':
      return certificateBytes(message.certificate)
    case 'proposal':
      return proposalBytes(message.proposal)
    case 'transactions':
      return sum(message.transactions.map((transaction) => transaction.length + 4))
    case 'block-response':
      return sum(message.proposals.map(proposalBytes))
    default:
      return 100
  }
}

function certificateBytes(certificate: Certificate): number {
  return 90 + certificate.signatures.length * signatureBytes
}

function proposalBytes({ block }: Proposal): number {
  const { parent, skips } = block.justification
  const justification = sum([...skips, ...(parent === null ? [] : [parent])].map(certificateBytes))
  return (
    headerBytes +
    signatureBytes +
    justification +
    sum(block.body.map((transaction) => transaction.length + 4))
  )
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
