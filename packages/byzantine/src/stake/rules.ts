import type { BlockRules, EpochStart } from '@groundwork/stake-core'
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
 * What a coerced validator holds for right. `kappa`: of the physical chain. Rules of later epochs are coerced likewise.
 */
export function coercedRules(honest: BlockRules, coercion: StakeCoercion, kappa: number): BlockRules {
  const start = (next: EpochStart): EpochStart => ({
    ...next,
    rules: coercedRules(next.rules, coercion, kappa),
  })
  const eyes = lens(honest)
  const twists = [censor, staleAnchor, omitForced, badState, withhold]
  const rules = twists.reduce((before, twist) => twist({ ...eyes, rules: before }, coercion, kappa), honest)
  return {
    ...rules,
    successor: (position) => start(honest.successor(position)),
    physical(view) {
      const next = eyes.physical(view)
      return next === null ? null : start(next)
    },
  }
}
