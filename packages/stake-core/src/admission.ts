import {
  decodeTransaction,
  type TransactionBytes,
  transactionId,
  transactionSignature,
} from '@groundwork/ledger'
import { CodedError, equal, forgetOldest, type Hash, toHex } from '@groundwork/primitives'
import { bodyBytes, hashHeader, hashTransactions } from './codec.ts'
import type { AdmittedProposal, AdmittedTransaction, Event } from './event.ts'
import { pureRules } from './pure-rules.ts'
import type { BlockRules } from './rules.ts'
import { certificateFault, justificationFault, proposerFault, type Verify, voteFault } from './signing.ts'
import { type CoreState, tallyKey } from './state.ts'
import type { Certificate, Epoch, Message, Parameters, Peer, Proposal, Vote } from './types.ts'

/** R9: votes are taken from this many views below the floor to this many above the current view. */
export const viewsBelow = 32
export const viewsAbove = 8
const cachedSignatures = 8192
// More than a kilobyte each.
const cachedTransactions = 8192

/** What became of a message: an event for the core, a request to serve, nothing new, or a counted rejection. */
export type Admission =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'request'; readonly hash: Hash; readonly ancestors: number }
  | { readonly kind: 'known' }
  | { readonly kind: 'rejected'; readonly reason: string }

export interface Admitter {
  /** Checks everything about a decoded message that needs no chain state, signatures included, cheapest first. */
  admit(message: Message, from: Peer): Admission
  /** Checks one transaction that a client hands in. Throws `TRANSACTION_*` or `CODEC_*`. */
  transaction(bytes: TransactionBytes): AdmittedTransaction
}

export interface AdmissionInit {
  readonly epoch: Epoch
  readonly parameters: Parameters
  readonly verify: Verify
  /** Whether to remember good signatures (the default); false where checking one is cheaper than looking it up. */
  readonly remember?: boolean
  /** Which transactions a block may hold; those of the stake chain on its own if left out. */
  readonly rules?: Pick<BlockRules, 'refusal'>
  /** Read for windows and for what is known already. */
  readonly state: Pick<CoreState, 'view' | 'final' | 'views' | 'blocks' | 'fetching'>
}

export function createAdmitter(init: AdmissionInit): Admitter {
  const { epoch, parameters, state, rules = pureRules(init.epoch) } = init
  const verify = init.remember === false ? init.verify : cachedVerify(init.verify)
  const transactions = new Map<string, AdmittedTransaction>()

  const transaction = (bytes: TransactionBytes): AdmittedTransaction => {
    const id = transactionId(bytes)
    const key = toHex(id)
    const known = transactions.get(key)
    if (known !== undefined) return known
    const decoded = decodeTransaction(bytes)
    const refused = rules.refusal(decoded)
    if (refused !== null) throw new CodedError(refused, `no block of this chain holds a ${decoded.kind}`)
    const { publicKey, message, signature } = transactionSignature(epoch.chainId, decoded)
    if (!init.verify(publicKey, message, signature)) {
      throw new CodedError('TRANSACTION_SIGNATURE', 'the signature does not match the sender and the chain')
    }
    const admitted = { id, bytes, transaction: decoded }
    transactions.set(key, admitted)
    forgetOldest(transactions, cachedTransactions)
    return admitted
  }

  const proposal = (from: Proposal): AdmittedProposal => {
    const { header, justification } = from.block
    const { decoded, fault } = admitBody(from, parameters, transaction)
    return {
      proposal: from,
      hash: hashHeader(header),
      transactions: decoded,
      justificationFault: justificationFault(epoch, header, justification, verify, parameters.maxSkips),
      bodyFault: fault,
    }
  }

  return {
    transaction,
    admit(message, from) {
      switch (message.kind) {
        case 'vote': {
          const { vote } = message
          if (vote.view <= state.final.view - viewsBelow || vote.view > state.view + viewsAbove)
            return rejected('vote-window')
          if (vote.view <= state.final.view || isKnownVote(state, vote)) return known
          const fault = voteFault(epoch, vote, verify)
          return fault === null ? event({ kind: 'vote', vote, from }) : rejected(fault)
        }
        case 'certificate': {
          const { certificate } = message
          if (certificate.view <= state.final.view || isKnownCertificate(state, certificate)) return known
          const fault = certificateFault(epoch, certificate, verify)
          return fault === null ? event({ kind: 'certificate', certificate, from }) : rejected(fault)
        }
        case 'proposal': {
          const { header } = message.proposal.block
          if (header.view <= state.final.view) return known
          if (header.view > state.view + viewsAbove) return rejected('proposal-window')
          if (state.blocks.has(toHex(hashHeader(header)))) return known
          const fault = proposerFault(epoch, message.proposal, verify)
          return fault === null
            ? event({ kind: 'proposal', proposal: proposal(message.proposal), from })
            : rejected(fault)
        }
        case 'status':
          if (!equal(message.status.epochId, epoch.id)) return rejected('status-epoch')
          return event({ kind: 'status', status: message.status, from })
        case 'transactions':
          return admitTransactions(message.transactions, transaction)
        case 'block-request':
          return { kind: 'request', hash: message.hash, ancestors: message.ancestors }
        case 'block-response':
          return admitBlocks(init, message.proposals, from, verify, proposal)
      }
    },
  }
}

const known: Admission = { kind: 'known' }
const rejected = (reason: string): Admission => ({ kind: 'rejected', reason })
const event = (value: Event): Admission => ({ kind: 'event', event: value })

function isKnownVote(state: AdmissionInit['state'], vote: Vote): boolean {
  const votes = state.views.get(vote.view)?.votes.get(vote.voter) ?? []
  return votes.some((other) => other.type === vote.type && equal(other.hash, vote.hash))
}

function isKnownCertificate(state: AdmissionInit['state'], { view, type, hash }: Certificate): boolean {
  return state.views.get(view)?.certificates.has(tallyKey(type, hash)) ?? false
}

/** Takes the good ones of a batch; a batch without a good one is rejected. */
function admitTransactions(
  batch: readonly TransactionBytes[],
  admit: (bytes: TransactionBytes) => AdmittedTransaction,
): Admission {
  const good: AdmittedTransaction[] = []
  for (const bytes of batch) {
    try {
      good.push(admit(bytes))
    } catch (error) {
      if (!(error instanceof CodedError)) throw error
    }
  }
  return good.length > 0 || batch.length === 0
    ? event({ kind: 'transactions', transactions: good })
    : rejected('transactions-bad')
}

/** Only blocks that are asked for, and their ancestors, are worth the cost of checking. */
function admitBlocks(
  { epoch, state }: AdmissionInit,
  proposals: readonly Proposal[],
  from: Peer,
  verify: Verify,
  admit: (proposal: Proposal) => AdmittedProposal,
): Admission {
  const wanted = new Set(state.fetching.keys())
  const admitted: AdmittedProposal[] = []
  for (const proposal of proposals) {
    const { header } = proposal.block
    const key = toHex(hashHeader(header))
    if (!wanted.has(key))
      return admitted.length > 0 ? event({ kind: 'blocks', proposals: admitted, from }) : known
    // The floor ends every walk: what lies below is held. Views begin anew with every epoch, hashes do not.
    if (header.view <= state.final.view || key === toHex(state.final.hash) || state.blocks.has(key)) break
    const fault = proposerFault(epoch, proposal, verify)
    if (fault !== null) return rejected(fault)
    wanted.add(toHex(header.parentHash))
    admitted.push(admit(proposal))
  }
  return admitted.length > 0 ? event({ kind: 'blocks', proposals: admitted, from }) : known
}

function admitBody(
  { block }: Proposal,
  parameters: Parameters,
  admit: (bytes: TransactionBytes) => AdmittedTransaction,
): { readonly decoded: AdmittedTransaction[]; readonly fault: string | null } {
  const decoded: AdmittedTransaction[] = []
  if (block.body.length > parameters.maxBodyTransactions) return { decoded, fault: 'body-too-many' }
  if (bodyBytes(block) > parameters.maxBodyBytes) return { decoded, fault: 'body-too-large' }
  try {
    for (const bytes of block.body) decoded.push(admit(bytes))
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return { decoded: [], fault: 'body-transaction' }
  }
  const root = hashTransactions(decoded.map(({ id }) => id))
  return { decoded, fault: equal(root, block.header.transactionsRoot) ? null : 'body-root' }
}

/** A block of the own journal: it was admitted before it was written. */
export function admittedFromJournal(proposal: Proposal): AdmittedProposal {
  const transactions = proposal.block.body.map((bytes) => {
    return { id: transactionId(bytes), bytes, transaction: decodeTransaction(bytes) }
  })
  return {
    proposal,
    hash: hashHeader(proposal.block.header),
    transactions,
    justificationFault: null,
    bodyFault: null,
  }
}

/** Votes come back inside certificates and justifications: good signatures are remembered, bad ones never. */
function cachedVerify(verify: Verify): Verify {
  const good = new Map<string, true>()
  return (publicKey, message, signature) => {
    const key = `${toHex(signature)}${toHex(publicKey)}${toHex(message)}`
    if (good.has(key)) return true
    if (!verify(publicKey, message, signature)) return false
    good.set(key, true)
    forgetOldest(good, cachedSignatures)
    return true
  }
}
