import type { BlockRules } from '@groundwork/stake-core'
import { omitForced, staleAnchor } from './anchors.ts'
import { badState } from './bad-state.ts'
import { censor } from './censor.ts'
import type { StakeCoercion } from './coercion.ts'
import { type Lens, lens } from './lens.ts'

/** A vote that others never see must not be counted by itself either: its certificates would show it. */
function withhold({ rules }: Lens, coercion: StakeCoercion): BlockRules {
  return {
    ...rules,
    mayNotarize: (position) => !coercion.does('withhold') && rules.mayNotarize(position),
  }
}

/**
 * What a coerced validator holds for right. `kappa`: of the physical chain. Those of the next epoch are honest: its core is another.
 */
export function coercedRules(honest: BlockRules, coercion: StakeCoercion, kappa: number): BlockRules {
  const eyes = lens(honest)
  const twists = [censor, staleAnchor, omitForced, badState, withhold]
  const rules = twists.reduce((before, twist) => twist({ ...eyes, rules: before }, coercion, kappa), honest)
  return { ...rules, physical: eyes.physical }
}
