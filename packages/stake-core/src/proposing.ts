import { toHex, zeroHash } from '@groundwork/primitives'
import { addBlock } from './chain.ts'
import { hashHeader, hashJustification, hashTransactions } from './codec.ts'
import { broadcast, type Context, observe } from './context.ts'
import type { ParentBlock } from './rules.ts'
import { proposalMessage } from './signing.ts'
import { certificateOf, notarizations, viewState } from './state.ts'
import { fetchBlock } from './sync.ts'
import type { Certificate, Header, Justification, Proposal } from './types.ts'

interface Base extends ParentBlock {
  readonly justification: Justification
}

/** R1: as leader, once minViewTime is over, extend the newest certified block that skips justify. */
export function propose(context: Context): boolean {
  const { state, init } = context
  const { view } = state
  if (
    init.self === null ||
    !state.signing ||
    state.stopped ||
    state.proposeDue !== view ||
    context.leaderOf(view) !== init.self ||
    view <= (init.lostView ?? 0)
  )
    return false
  const own = viewState(state, view).own
  if (own.proposal !== undefined || own.skip !== undefined) return false
  const base = findBase(context)
  if (base === null) return false
  return sendProposal(context, base, init.self)
}

/** The highest certified block below the current view with SKIP certificates for all views since; null: stay silent. */
function findBase(context: Context): Base | null {
  const { state, init } = context
  const skips: Certificate[] = []
  for (let view = state.view - 1; view > state.final.view; view--) {
    for (const parent of notarizations(state.views.get(view))) {
      const block = state.blocks.get(toHex(parent.hash))
      if (block === undefined) fetchBlock(context, parent.hash, view, null)
      if (!block || block.position === null) continue
      const { height } = block.proposal.block.header
      return {
        view,
        height,
        hash: block.hash,
        position: block.position,
        justification: { parent, skips: skips.reverse() },
      }
    }
    const skip = certificateOf(state, view, 'skip')
    if (skip === undefined || skips.length >= init.parameters.maxSkips) return null
    skips.push(skip)
  }
  // Entered at a later block than its first: the certificate that a child needs is not known.
  if (state.final.view > 0 && state.final.certificate === null) return null
  return { ...state.final, justification: { parent: state.final.certificate, skips: skips.reverse() } }
}

function sendProposal(context: Context, base: Base, self: number): boolean {
  const { state, init, rules } = context
  const { epoch } = init
  const plain: Header = {
    epochId: epoch.id,
    view: state.view,
    height: base.height + 1,
    parentHash: base.hash,
    parentView: base.view,
    justificationRoot: hashJustification(base.justification),
    anchor: { height: 0, hash: zeroHash },
    forcedRoot: zeroHash,
    transactionsRoot: hashTransactions([]),
    stateRoot: zeroHash,
    credit: 0,
    validatorsHash: epoch.validators.hash,
    nextValidatorsHash: epoch.validators.hash,
    proposer: self,
  }
  const { justification } = base
  const draft = rules.draft(base, {
    header: plain,
    justification,
    pool: state.mempool,
    limits: init.parameters,
  })
  if (draft === null) return false
  const { transactions, ...said } = draft
  const header: Header = {
    ...plain,
    ...said,
    transactionsRoot: hashTransactions(transactions.map(({ id }) => id)),
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
  return true
}
