import type { PendingBlock, PhysicalView } from '@groundwork/hybrid-core'
import type { BlockRules } from '@groundwork/stake-core'
import type { StakeCoercion } from './coercion.ts'
import { anchorHeightOf, type Lens, lowered } from './lens.ts'

/** Looks away from the newer part of the physical chain, and does not mind others who do. */
export function staleAnchor(
  { rules, view, under }: Lens,
  coercion: StakeCoercion,
  kappa: number,
): BlockRules {
  const isActive = (): boolean => coercion.does('stale-anchor')
  return {
    ...rules,
    mayNotarize: (position) => isActive() || rules.mayNotarize(position),
    draft(parent, request) {
      const [current, anchor] = [view(), anchorHeightOf(parent.position)]
      const ask = () => rules.draft(parent, request)
      return !isActive() || current === null || anchor === null
        ? ask()
        : under(lowered(current, kappa, anchor), ask)
    },
  }
}

/** Takes anchors, and leaves out what they force in. */
export function omitForced({ rules, view, under }: Lens, coercion: StakeCoercion): BlockRules {
  const blind = <T>(ask: () => T): T => {
    const current = view()
    return current === null ? ask() : under(withoutForced(current), ask)
  }
  const isActive = (): boolean => coercion.does('omit-forced')
  return {
    ...rules,
    extend(parent, block) {
      const extended = rules.extend(parent, block)
      if (extended.kind !== 'fault' || !isActive()) return extended
      const other = blind(() => rules.extend(parent, block))
      return other.kind === 'extended' ? other : extended
    },
    draft(parent, request) {
      const ask = () => rules.draft(parent, request)
      return isActive() ? blind(ask) : ask()
    },
  }
}

function withoutForced(view: PhysicalView): PhysicalView {
  const empty = (block: PendingBlock): PendingBlock => ({
    ...block,
    inputs: block.inputs.filter(({ kind }) => kind !== 'forced'),
  })
  return { ...view, range: (after, to) => view.range(after, to)?.map(empty) ?? null }
}
