import type { Bytes, Hash } from '@groundwork/primitives'
import { plotChallengeOf, registrationChallengeOf, slotChallengeOf } from './challenge.ts'
import { foliageMessage, itemMessage } from './encoding.ts'
import { plotIdOf } from './genesis.ts'
import type { ChainRules } from './rules.ts'
import type { Item, PhysicalBlock, PhysicalHeader, PlotId } from './types.ts'

/** What the bytes of a block or item claim, and what a host checks before they become an event, in any order. */
export type Check =
  | {
      readonly kind: 'signature'
      readonly publicKey: Bytes
      readonly message: Bytes
      readonly signature: Bytes
    }
  | SpaceCheck

export interface SpaceCheck {
  readonly kind: 'space'
  readonly plotId: PlotId
  readonly k: number
  readonly challenge: Hash
  readonly proof: Bytes
}

export interface BlockChecks {
  /** Gives the quality; null under proof of work, where `workQuality` does. */
  readonly trunk: SpaceCheck | null
  readonly others: readonly Check[]
}

/** PC5. Cheapest first is signatures; the proof of space of the trunk costs most. Needs no state. */
export function blockChecks(rules: ChainRules, block: PhysicalBlock): BlockChecks {
  const { plotId, k, proof, y } = block.trunk
  const challenge = plotChallengeOf(plotId, slotChallengeOf(y))
  const isSpace = rules.parameters.engine === 'space'
  return {
    trunk: isSpace ? { kind: 'space', plotId, k, challenge, proof } : null,
    others: [headerCheck(rules, block), ...block.items.flatMap((item) => itemChecks(rules, item))],
  }
}

export function itemChecks(rules: ChainRules, item: Item): readonly Check[] {
  const { chainId } = rules
  switch (item.kind) {
    case 'register-plot': {
      const { farmer: publicKey, signature, index, k, attempt, proof } = item
      const signed: Check = { kind: 'signature', publicKey, message: itemMessage(chainId, item), signature }
      if (rules.parameters.engine === 'work') return [signed]
      const plotId = plotIdOf(publicKey, index)
      const challenge = registrationChallengeOf(chainId, plotId, attempt)
      return [signed, { kind: 'space', plotId, k, challenge, proof }]
    }
    case 'retire-plot': {
      const { farmer: publicKey, signature } = item
      return [{ kind: 'signature', publicKey, message: itemMessage(chainId, item), signature }]
    }
    case 'location': {
      const { challenger: publicKey, signature } = item
      return [{ kind: 'signature', publicKey, message: itemMessage(chainId, item), signature }]
    }
    case 'farmer-equivocation':
      return [headerCheck(rules, item.a), headerCheck(rules, item.b)]
    default:
      return []
  }
}

function headerCheck({ chainId }: ChainRules, { foliage, signature }: PhysicalHeader): Check {
  return {
    kind: 'signature',
    publicKey: foliage.farmer,
    message: foliageMessage(chainId, foliage),
    signature,
  }
}
