import type { PhysicalView } from '@groundwork/hybrid-core'
import type { Bytes, Hex } from '@groundwork/primitives'
import type { AdmittedTransaction, BlockRules, Mempool, Position } from '@groundwork/stake-core'
import type { StakeCoercion } from './coercion.ts'
import { anchorHeightOf, type Lens, lowered } from './lens.ts'
import { bytesTouch, touches } from './touches.ts'

/** Nothing of the target goes through its hands, and nothing with it gets its vote. */
export function censor({ rules, view, under }: Lens, coercion: StakeCoercion, kappa: number): BlockRules {
  const tainted = new WeakSet<Position>()
  const target = (): Bytes | null => (coercion.does('censor') ? coercion.target : null)
  return {
    ...rules,
    extend(parent, block) {
      const extended = rules.extend(parent, block)
      // Looked at whether coerced or not: coercion may begin before the vote.
      const account = coercion.target
      if (extended.kind !== 'extended' || account === null) return extended
      const [from, to] = [anchorHeightOf(parent.position), anchorHeightOf(extended.position)]
      const forced = from === null || to === null ? null : firstForced(view(), from, to, account)
      const holds = block.proposal.block.body.some((bytes) => bytesTouch(bytes, account))
      if (holds || forced !== null) tainted.add(extended.position)
      return extended
    },
    mayNotarize(position) {
      return !(target() !== null && tainted.has(position)) && rules.mayNotarize(position)
    },
    draft(parent, request) {
      const [account, current] = [target(), view()]
      if (account === null) return rules.draft(parent, request)
      const from = anchorHeightOf(parent.position)
      const forced =
        current === null || from === null ? null : firstForced(current, from, current.tip.height, account)
      const clean = { ...request, pool: without(request.pool, account) }
      return forced === null || current === null
        ? rules.draft(parent, clean)
        : under(lowered(current, kappa, forced - 1), () => rules.draft(parent, clean))
    },
  }
}

function without(pool: Mempool, account: Bytes): Mempool {
  const senders = [...pool.senders].map(([sender, queue]): [Hex, Map<number, AdmittedTransaction>] => [
    sender,
    new Map([...queue].filter(([, { transaction }]) => !touches(transaction, account))),
  ])
  return { ...pool, senders: new Map(senders.filter(([, queue]) => queue.size > 0)) }
}

/** The first physical block of a range with a forced transaction of the account. */
function firstForced(view: PhysicalView | null, after: number, to: number, account: Bytes): number | null {
  const found = view
    ?.range(after, to)
    ?.find(({ inputs }) =>
      inputs.some((input) => input.kind === 'forced' && bytesTouch(input.transaction, account)),
    )
  return found?.height ?? null
}
