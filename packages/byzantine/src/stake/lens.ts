import type { Position as Anchored, PhysicalView } from '@groundwork/hybrid-core'
import type { BlockRules, EpochStart, Position } from '@groundwork/stake-core'

/** Rules that see the physical chain through somebody else's eyes for a moment. */
export interface Lens {
  readonly rules: BlockRules
  /** As it is; null on a stake chain alone. */
  view(): PhysicalView | null
  /** What `ask` gives while the rules believe in another physical chain. */
  under<T>(other: PhysicalView, ask: () => T): T
  /** Takes the true view. */
  physical(view: object): EpochStart | null
}

export function lens(rules: BlockRules): Lens {
  let current: PhysicalView | null = null
  return {
    rules,
    view: () => current,
    under(other, ask) {
      const before = current
      rules.physical(other)
      try {
        return ask()
      } finally {
        if (before !== null) rules.physical(before)
      }
    },
    physical(view) {
      current = view as PhysicalView
      return rules.physical(view)
    },
  }
}

/** Of the block that a position follows; null on a stake chain alone. */
export function anchorHeightOf(position: Position): number | null {
  return 'tip' in position ? (position as unknown as Anchored).tip.anchor.height : null
}

/** The chain as if it had ended where a leader's anchor may be `anchor` at most. */
export function lowered(view: PhysicalView, kappa: number, anchor: number): PhysicalView {
  const height = Math.min(view.tip.height, anchor + kappa + 1)
  return height === view.tip.height ? view : { ...view, tip: { ...view.tip, height } }
}
