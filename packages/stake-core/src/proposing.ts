import { toHex, zeroHash } from '@groundwork/primitives'
import { addBlock } from './chain.ts'
import { hashHeader, hashJustification, hashTransactions } from './codec.ts'
import { broadcast, type Context, observe } from './context.ts'
import { selectTransactions } from './mempool.ts'
import { proposalMessage } from './signing.ts'
import { certificateOf, type Final, notarizations, viewState } from './state.ts'
import { fetchBlock } from './sync.ts'
import type { Certificate, Header, Justification, Proposal } from './types.ts'

interface Base {
  readonly view: number
  readonly height: number
  readonly hash: Uint8Array
  readonly ledger: Final['ledger']
  readonly justification: Justification
}

/** R1: as leader, once minViewTime is over, extend the newest certified block that skips justify. */
export function propose(context: Context): boolean {
  const { state, init } = context
  const { view } = state
  if (
    init.self === null ||
    !state.signing ||
    state.proposeDue !== view ||
    context.leaderOf(view) !== init.self ||
    view <= (init.lostView ?? 0)
  )
    return false
  const own = viewState(state, view).own
  if (own.proposal !== undefined || own.skip !== undefined) return false
  const base = findBase(context)
  if (base === null) return false
  sendProposal(context, base, init.self)
  return true
}

/** The highest certified block below the current view with SKIP certificates for all views since; null: stay silent. */
function findBase(context: Context): Base | null {
  const { state, init } = context
  const skips: Certificate[] = []
  for (let view = state.view - 1; view > state.final.view; view--) {
    for (const parent of notarizations(state.views.get(view))) {
      const block = state.blocks.get(toHex(parent.hash))
      if (block === undefined) fetchBlock(context, parent.hash, view, null)
      if (!block || block.ledger === null) continue
      const { height } = block.proposal.block.header
      return {
        view,
        height,
        hash: block.hash,
        ledger: block.ledger,
        justification: { parent, skips: skips.reverse() },
      }
    }
    const skip = certificateOf(state, view, 'skip')
    if (skip === undefined || skips.length >= init.parameters.maxSkips) return null
    skips.push(skip)
  }
  return { ...state.final, justification: { parent: state.final.certificate, skips: skips.reverse() } }
}

function sendProposal(context: Context, base: Base, self: number): void {
  const { state, init } = context
  const { epoch, parameters } = init
  const { transactions, ledger } = selectTransactions(state.mempool, base.ledger, {
    maxTransactions: parameters.maxBodyTransactions,
    maxBytes: parameters.maxBodyBytes,
  })
  const header: Header = {
    epochId: epoch.id,
    view: state.view,
    height: base.height + 1,
    parentHash: base.hash,
    parentView: base.view,
    justificationRoot: hashJustification(base.justification),
    anchor: { height: 0, hash: zeroHash },
    forcedRoot: zeroHash,
    transactionsRoot: hashTransactions(transactions.map(({ id }) => id)),
    stateRoot: ledger.root,
    credit: 0,
    validatorsHash: epoch.validators.hash,
    nextValidatorsHash: epoch.validators.hash,
    proposer: self,
  }
  const hash = hashHeader(header)
  const block = { header, justification: base.justification, body: transactions.map(({ bytes }) => bytes) }
  const proposal: Proposal = { block, signature: init.sign(proposalMessage(hash)) }
  const known = viewState(state, state.view)
  known.own.proposal = proposal
  context.entries.push({ kind: 'proposed', proposal })
  broadcast(context, { kind: 'proposal', proposal })
  const { view, height } = header
  observe(context, { kind: 'proposed', view, height, hash, transactions: transactions.length })
  known.proposal ??= toHex(hash)
  addBlock(context, { proposal, hash, transactions, justificationFault: null, bodyFault: null })
}
