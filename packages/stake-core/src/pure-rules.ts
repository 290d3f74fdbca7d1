import { applyTransfer, checkTransfer, execute, type Ledger } from '@groundwork/ledger'
import { assert, equal, zeroHash } from '@groundwork/primitives'
import type { AdmittedProposal, AdmittedTransaction } from './event.ts'
import { selectTransactions } from './mempool.ts'
import type { BlockRules, Extended, Position } from './rules.ts'
import type { Epoch } from './types.ts'

/** The stake chain on its own: transfers, and one epoch for ever. There is nothing to anchor to, to force in, or to pay bytes on. */
export function pureRules(epoch: Epoch): BlockRules {
  const nextValidatorsHash = epoch.validators.hash
  return {
    generation: 0,
    refusal: ({ kind }) => (kind === 'transfer' ? null : 'TRANSACTION_KIND'),
    extend: ({ position }, block) => extendPure(epoch, position, block),
    mayNotarize: () => true,
    holds: () => true,
    mayFinalize: () => true,
    maySign: () => true,
    draft({ position }, { pool, limits }) {
      const { transactions, state } = selectTransactions(pool, position.ledger, {
        accountOf: (ledger, sender) => ledger.account(sender),
        apply: applyPure,
        maxTransactions: limits.maxBodyTransactions,
        maxBytes: limits.maxBodyBytes,
      })
      const anchor = { height: 0, hash: zeroHash }
      return {
        transactions,
        anchor,
        forcedRoot: zeroHash,
        stateRoot: state.root,
        credit: 0,
        nextValidatorsHash,
      }
    },
    ends: () => false,
    successor() {
      throw new Error('the only epoch does not end')
    },
    physical: () => null,
  }
}

function extendPure(
  { validators }: Epoch,
  { ledger }: Position,
  { proposal, transactions }: AdmittedProposal,
): Extended {
  const { header } = proposal.block
  if (!equal(header.nextValidatorsHash, validators.hash)) return fault('validators-hash')
  const unanchored =
    header.anchor.height === 0 && equal(header.anchor.hash, zeroHash) && equal(header.forcedRoot, zeroHash)
  if (!unanchored || header.credit !== 0) return fault('anchor')
  const execution = execute(
    ledger,
    transactions.map(({ transaction }) => {
      assert(transaction.kind === 'transfer', 'other kinds are refused before')
      return transaction.transfer
    }),
  )
  if (execution.kind === 'rejected') return fault(`transaction-${execution.code.toLowerCase()}`)
  if (!equal(execution.ledger.root, header.stateRoot)) return fault('state-root')
  return { kind: 'extended', position: { ledger: execution.ledger } }
}

function applyPure(ledger: Ledger, { transaction }: AdmittedTransaction): Ledger | null {
  if (transaction.kind !== 'transfer' || checkTransfer(ledger, transaction.transfer) !== undefined)
    return null
  return applyTransfer(ledger, transaction.transfer)
}

function fault(reason: string): Extended {
  return { kind: 'fault', reason }
}
