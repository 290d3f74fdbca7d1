import type { Position as Anchored } from '@groundwork/hybrid-core'
import type { Ledger } from '@groundwork/ledger'
import { hash } from '@groundwork/primitives'
import type { BlockRules, ParentBlock } from '@groundwork/stake-core'
import type { StakeCoercion } from './coercion.ts'
import type { Lens } from './lens.ts'

const nobody = hash('groundwork/byzantine-mint/1')

/** Every block of its makes a coin out of nothing. All who are coerced agree on where it went. */
export function badState({ rules }: Lens, coercion: StakeCoercion): BlockRules {
  const isActive = (): boolean => coercion.does('bad-state')
  return {
    ...rules,
    extend(parent, block) {
      const extended = rules.extend(parent, block)
      if (extended.kind !== 'fault' || extended.reason !== 'state-root' || !isActive()) return extended
      return rules.extend(minted(parent), block)
    },
    draft: (parent, request) => rules.draft(isActive() ? minted(parent) : parent, request),
  }
}

function minted(parent: ParentBlock): ParentBlock {
  const { position } = parent
  const ledger = withCoin(position.ledger)
  if (!('execution' in position)) return { ...parent, position: { ...position, ledger } }
  const { execution } = position as unknown as Anchored
  return {
    ...parent,
    position: { ...position, ledger, execution: { ...execution, ledger } } as typeof position,
  }
}

function withCoin(ledger: Ledger): Ledger {
  const account = ledger.account(nobody)
  return ledger.set(nobody, { ...account, balance: account.balance + 1n })
}
