import type { Effect } from '@groundwork/stake-core'
import { outgoing, type Strategy } from './adversary.ts'

/** Holds votes and certificates back until a few views later: old views are notarized and finalized in retrospect. */
export const revealLate: Strategy = ({ random, state }) => {
  const held: { readonly view: number; readonly effect: Effect }[] = []
  return (_event, effects) => {
    const { view } = state()
    const now: Effect[] = []
    for (const effect of effects) {
      const kind = outgoing(effect)?.kind
      if (kind === 'vote' || kind === 'certificate') held.push({ view: view + 1 + random.below(6), effect })
      else now.push(effect)
    }
    const due = held.filter((late) => late.view <= view)
    held.splice(0, held.length, ...held.filter((late) => late.view > view).slice(-512))
    return [...now, ...due.map((late) => late.effect)]
  }
}
