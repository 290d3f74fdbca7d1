import { assert } from '@groundwork/primitives'
import { type Draft, type DraftRequest, selectTransactions } from '@groundwork/stake-core'
import {
  bodyRoom,
  creditAfter,
  type DeriveContext,
  executePending,
  forcedRootOf,
  nextValidators,
  type PendingBlock,
  type Position,
} from '../derive/index.ts'
import { isDeepEnough, leaderAnchor } from '../rules.ts'
import { applyTransaction, type Execution, stateRootOf } from '../stake/index.ts'
import type { PhysicalView } from '../view.ts'
import { type HybridPosition, isOnBranch } from './position.ts'

/** What an honest leader proposes: the newest anchor that voters will take, everything it forces, then what pays. */
export function draftBlock(
  context: DeriveContext,
  view: PhysicalView,
  position: HybridPosition,
  request: DraftRequest,
): Draft | null {
  const { tip, epoch, execution } = position
  const range = leaderRange(context, view, position)
  if (range === null) return null
  const { height, hash } = range.at(-1) ?? tip.anchor
  const anchor = { height, hash }
  const forcedRoot = forcedRootOf(range)
  const before: Position = { epoch, tip, execution, pending: range }
  const header = { ...request.header, anchor, forcedRoot }
  const empty = { header, justification: request.justification, body: [] }
  const room = bodyRoom(context, before, empty, range)
  if (room < 0) return null
  const forced = executePending(context, execution, range, false)
  const { transactions, state } = selectTransactions<Execution>(request.pool, forced.execution, {
    accountOf: ({ ledger }, sender) => ledger.account(sender),
    apply(on, { transaction }) {
      const outcome = applyTransaction(context.execution, on, transaction)
      return outcome.code === null ? outcome.execution : null
    },
    maxTransactions: request.limits.maxBodyTransactions,
    // The count of an empty body is in the block already.
    maxBytes: Math.min(request.limits.maxBodyBytes, room + 4),
  })
  const credit = creditAfter(
    context,
    before,
    { ...empty, body: transactions.map(({ bytes }) => bytes) },
    range,
  )
  assert(credit >= 0, 'a body that has room is paid for')
  return {
    transactions,
    anchor,
    forcedRoot,
    stateRoot: stateRootOf(state),
    credit,
    nextValidatorsHash: nextValidators(context, position, state, header.height).hash,
  }
}

/** Blocks up to the leader's anchor; null while no voter would take one. */
function leaderRange(
  { parameters }: DeriveContext,
  view: PhysicalView,
  { tip }: HybridPosition,
): readonly PendingBlock[] | null {
  const anchor = leaderAnchor(parameters, view.tip.height, tip.anchor.height)
  if (!isOnBranch(view, tip.anchor)) return null
  if (anchor > 0 && !isDeepEnough(parameters, view.tip.height, anchor)) return null
  return anchor === tip.anchor.height ? [] : view.range(tip.anchor.height, anchor)
}
