import type { BlockRules, EpochStart } from '@groundwork/stake-core'
import { omitForced, staleAnchor } from './anchors.ts'
import { badState } from './bad-state.ts'
import { censor } from './censor.ts'
import type { StakeCoercion } from './coercion.ts'
import { lens } from './lens.ts'

/**
 * What a coerced validator holds for right. `kappa`: of the physical chain. Rules of later epochs are coerced likewise.
 */
export function coercedRules(honest: BlockRules, coercion: StakeCoercion, kappa: number): BlockRules {
  const start = (next: EpochStart): EpochStart => ({
    ...next,
    rules: coercedRules(next.rules, coercion, kappa),
  })
  const eyes = lens(honest)
  const twists = [censor, staleAnchor, omitForced, badState]
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
