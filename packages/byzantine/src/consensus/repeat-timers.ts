import type { Effect } from '@groundwork/stake-core'
import type { Strategy } from './adversary.ts'

/** A host with a bad clock rather than a bad validator: every timer fires again at once, and once more much later (P5). */
export const repeatTimers: Strategy = () => (_event, effects) =>
  effects.flatMap((effect): Effect[] =>
    effect.kind === 'timer' ? [effect, effect, { ...effect, afterMs: effect.afterMs + 3_000 }] : [effect],
  )
