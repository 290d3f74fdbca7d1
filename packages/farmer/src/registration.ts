import {
  type ChainRules,
  type ChainState,
  type Item,
  itemMessage,
  type RegisterPlot,
  registeredPlot,
  registrationAttempts,
  registrationChallengeOf,
} from '@groundwork/physical-core'
import { type Bytes, toHex } from '@groundwork/primitives'
import type { FarmedPlot } from './plots.ts'

/** A signed registration of a plot that the chain does not know, or null: it is known, or answers none of the challenges. */
export function registrationOf(
  rules: ChainRules,
  chain: ChainState,
  { plotId, k, index, plot }: FarmedPlot,
  claim: { readonly farmer: Bytes; readonly region: number; readonly sign: (message: Bytes) => Bytes },
): Item | null {
  if (registeredPlot(chain, toHex(plotId)) !== undefined) return null
  for (let attempt = 0; attempt < registrationAttempts; attempt++) {
    const [found] = plot.lookUp(registrationChallengeOf(rules.chainId, plotId, attempt))
    if (found === undefined) continue
    const unsigned: RegisterPlot = {
      kind: 'register-plot',
      farmer: claim.farmer,
      index,
      k,
      region: claim.region,
      attempt,
      proof: plot.prove(found.entry),
      signature: new Uint8Array(64),
    }
    return { ...unsigned, signature: claim.sign(itemMessage(rules.chainId, unsigned)) }
  }
  return null
}
