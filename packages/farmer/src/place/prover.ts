import type { Hex } from '@groundwork/primitives'
import { toHex } from '@groundwork/primitives'
import type { FarmedPlot } from '../plots.ts'
import { type PlaceMessage, type PlaceProof, placeChallengeOf, proofsNeeded } from './messages.ts'

type Challenge = Extract<PlaceMessage, { kind: 'challenge' }>

/**
 * Answers a challenge from the plot itself: some look-ups, so that the answer takes as long as the network does. A few
 * challenges in a hundred have too few proofs: the answer says so, and others follow. Null if the plot is not farmed here.
 */
export function answerTo(
  { plotId, id, nonces }: Challenge,
  plots: ReadonlyMap<Hex, FarmedPlot>,
): Extract<PlaceMessage, { kind: 'answer' }> | null {
  const own = plots.get(toHex(plotId))
  if (own === undefined) return null
  const proofs: PlaceProof[] = []
  for (const [index, nonce] of nonces.entries()) {
    const [found] = own.plot.lookUp(placeChallengeOf(nonce, plotId))
    if (found === undefined) continue
    proofs.push({ index, proof: own.plot.prove(found.entry) })
    if (proofs.length >= proofsNeeded) break
  }
  return { kind: 'answer', id, proofs }
}
